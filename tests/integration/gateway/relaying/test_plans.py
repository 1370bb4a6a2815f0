"""Statements that were planned while nothing waited are good for a million rows, too."""

from typing import Any

import pytest

from gateway.database_session import DatabaseSession
from gateway.recording import writing
from gateway.relaying import claims

pytestmark = pytest.mark.postgres


@pytest.mark.parametrize(
    "statement", [claims._DELETE, writing._DELETE_OUTBOX, writing._DELETE_IN_FLIGHT]
)
def test_rows_are_deleted_by_key_although_the_tables_are_said_to_be_empty(
    database_url: str, database: Any, statement: str
) -> None:
    # Given statistics that say that nothing waits
    database.execute("VACUUM ANALYZE outbox, in_flight")
    session = DatabaseSession(database_url, name="test-plans")
    # When a relay or a recorder plans to delete some rows
    rows = session.connection().execute(f"EXPLAIN {statement}", {"rows": "[]"}).fetchall()
    session.close()
    # Then it will look for them, and not through all there are by then
    plan = "\n".join(row[0] for row in rows)
    _, found, below = plan.partition("_pkey on ")
    assert found, plan
    assert below.splitlines()[1].strip().startswith("Index Cond: (task_id = "), plan
