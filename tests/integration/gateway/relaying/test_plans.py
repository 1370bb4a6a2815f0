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
    # When a relay or a recorder plans to delete some rows
    plan = "\n".join(_plan(database_url, statement, {"rows": "[]"}))
    # Then it will look for them, and not through all there are by then
    _, found, below = plan.partition("_pkey on ")
    assert found, plan
    assert below.splitlines()[1].strip().startswith("Index Cond: (task_id = "), plan


def test_tasks_are_read_by_key_although_their_partitions_are_said_to_be_empty(
    database_url: str, database: Any
) -> None:
    # Given statistics of a week whose first task is still to come
    database.execute("VACUUM ANALYZE outbox, tasks")
    # When a relay plans to claim some
    values = {"queue": "queue", "allotted": "[]"}
    plan = _plan(database_url, claims._SELECT_ROWS, values)
    # Then it will look for each in every partition that may have it
    looks = [(line, plan[at + 1]) for at, line in enumerate(plan) if " on tasks_" in line]
    assert looks
    for scan, condition in looks:
        assert "_pkey on tasks_" in scan, plan
        assert condition.strip().startswith("Index Cond: ((id >= o.task_id)"), plan


def _plan(url: str, statement: str, values: dict[str, Any]) -> list[str]:
    session = DatabaseSession(url, name="test-plans")
    rows = session.connection().execute(f"EXPLAIN {statement}", values).fetchall()
    session.close()
    return [row[0] for row in rows]
