"""Statements that were planned while a week had no tasks are good for a million of them, too."""

from typing import Any

import psycopg
import pytest

from gateway.catalogue import projections, vectors
from gateway.database_session import DatabaseSession
from gateway.dead_letters import projections as letters
from gateway.events import issuing
from gateway.reconciling import overtaken
from gateway.recording import loading, writing
from gateway.webhooks import receivers, telling
from warren.contracts.ids import new_id

pytestmark = pytest.mark.postgres


_STATEMENTS = {
    "locks": loading._LOCK_TASKS,
    "updates": writing._UPDATE_TASKS,
    "custody": writing._UPSERT_IN_FLIGHT,
    "dead letters": letters._READ_MESSAGES,
    "catalogue": projections._PAYLOADS,
    "vectors": vectors._PAYLOADS,
    "overtaken": overtaken._TASKS,
    "events": issuing._ORIGINS,
    "receivers": receivers._READ,
    "webhooks": telling._READ,
}


@pytest.mark.parametrize("statement", _STATEMENTS.values(), ids=list(_STATEMENTS))
def test_tasks_are_found_by_key_although_their_partitions_are_said_to_be_empty(
    database_url: str, database: psycopg.Connection[Any], statement: str
) -> None:
    # Given statistics of weeks whose first task is still to come
    database.execute("VACUUM ANALYZE tasks")
    # When a recorder plans to read or write some
    one = new_id()
    values = {"ids": [one], "low": one, "high": one, "customers": [one], "rows": "[]"}
    session = DatabaseSession(database_url, name="test-plans")
    plan = [
        row[0] for row in session.connection().execute(f"EXPLAIN {statement}", values).fetchall()
    ]
    session.close()
    # Then it will look for each by the primary key
    looks = [line for line in plan if "Scan" in line and " on tasks_" in line]
    assert looks
    assert all("_pkey on tasks_" in line for line in looks), plan
