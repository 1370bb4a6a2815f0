"""Batches among the tasks that a filter means: no outbox and no worker has them."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.integration.gateway.bulk.waiting import add_tasks, result_of, states_of
from warren.contracts.ids import new_id

pytestmark = [pytest.mark.rabbitmq, pytest.mark.postgres]

BATCHES = {"filter": {"kind": "api.batch"}}


def add_batch(database: Any, members: list[UUID], *, ended: bool = False) -> UUID:
    """A batch of these tasks."""
    batch = new_id()
    database.ask(
        "INSERT INTO tasks (id, customer_id, actor, kind, version, queue, lane, payload, state,"
        " waiting_for, max_attempts) VALUES (%s, %s, 'key:test', 'api.batch', 1, 'api.default',"
        " 'default', '{}', %s, %s, 1)",
        batch,
        new_id(),
        *(("failed", None) if ended else ("processing", "members")),
    )
    database.ask(
        "INSERT INTO batches (task_id, total, ended_at) VALUES (%s, %s, %s)",
        batch,
        len(members),
        "now" if ended else None,
    )
    for position, member in enumerate(members):
        database.ask(
            "INSERT INTO batch_members (task_id, batch_id, position) VALUES (%s, %s, %s)",
            member,
            batch,
            position,
        )
    return batch


def test_a_batch_that_lives_is_listed_among_unfinished_tasks(
    client: httpx.Client, database: Any
) -> None:
    add_batch(database, add_tasks(database, 1), ended=True)
    batch = add_batch(database, add_tasks(database, 2))
    chosen = {"state": ["processing"], "kind": "api.batch"}

    page = client.get("/api/v1/tasks", params=chosen).json()

    assert [item["task_id"] for item in page["items"]] == [str(batch)]


@pytest.mark.usefixtures("house")
def test_batches_are_cancelled_by_a_filter_and_with_them_their_members(
    client: httpx.Client, database: Any
) -> None:
    members, others = add_tasks(database, 3), add_tasks(database, 2)
    batch = add_batch(database, members)

    assert result_of(client, client.post("/api/v1/tasks/cancel", json=BATCHES)) == {"changed": 1}

    assert states_of(database, [batch]) == {"cancelled": 1}
    assert states_of(database, members) == {"cancelled": 3}
    assert states_of(database, others) == {"pending": 2}


@pytest.mark.usefixtures("house")
def test_a_batch_that_was_started_again_by_a_filter_is_found_among_those_that_live(
    client: httpx.Client, database: Any
) -> None:
    members = add_tasks(database, 2, state="failed")
    batch = add_batch(database, members, ended=True)
    database.ask("UPDATE batch_members SET state = 'failed' WHERE batch_id = %s", batch)

    assert result_of(client, client.post("/api/v1/tasks/retry", json=BATCHES))["changed"] == 1

    assert states_of(database, members) == {"pending": 2}
    count = client.post("/api/v1/tasks/cancel", params={"dry_run": True}, json=BATCHES).json()
    assert count["by_state"] == {"processing": 1}
