"""Purging a queue: a bulk cancel of what waits for it."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from gateway.customers.keys import Scope
from tests.integration.gateway.bulk.waiting import add_tasks, result_of, states_of

pytestmark = [pytest.mark.rabbitmq, pytest.mark.postgres]

_PURGE = "/api/v1/queues/test.default/purge"


@pytest.mark.usefixtures("house")
def test_what_waits_for_a_queue_is_cancelled_and_what_runs_goes_on(
    client: httpx.Client, database: Any
) -> None:
    # Given tasks of several customers that wait, two that run, and another queue's
    waiting = add_tasks(database, 30) + add_tasks(database, 20)
    running = add_tasks(database, 2, state="processing")
    others = add_tasks(database, 5, queue="test.low")
    database.ask("UPDATE tasks SET state = 'retrying' WHERE id = %s", waiting[0])
    query = "UPDATE tasks SET state = 'scheduled', due_at = now() + interval '1h' WHERE id = %s"
    database.ask(query, waiting[1])

    # When somebody looks first, Then the count says what is meant
    count = client.post(_PURGE, params={"dry_run": True}).json()
    by_state = {"pending": 48, "retrying": 1, "scheduled": 1}
    assert count == {"count": 50, "by_state": by_state, "complete": True}

    # When it is purged, Then just these are cancelled
    assert result_of(client, client.post(_PURGE)) == {"changed": 50}
    assert states_of(database, waiting) == {"cancelled": 50}
    assert states_of(database, running) == {"processing": 2}
    assert states_of(database, others) == {"pending": 5}
    # And the audit tells by whom
    told = client.get("/api/v1/audit", params={"action": "queue.purged"}).json()["items"][0]
    assert told["target"] == "test.default"
    assert told["actor"].startswith("key:")


@pytest.mark.parametrize("name", ["tts.defualt", "nothing.default", "warren.status"])
def test_a_queue_that_nobody_knows_is_named(client: httpx.Client, name: str) -> None:
    answer = client.post(f"/api/v1/queues/{name}/purge")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert name in answer.json()["detail"]


def test_an_empty_queue_of_an_announced_job_is_known(client: httpx.Client) -> None:
    answer = client.post("/api/v1/queues/tts.low/purge", params={"dry_run": True})
    assert answer.json() == {"count": 0, "by_state": {}, "complete": True}


def test_only_operators_purge(
    gateway_url: str, database: Any, connect: Callable[[str, str], httpx.Client]
) -> None:
    caller = connect(gateway_url, database.key(scopes=[Scope.TASKS_READ, Scope.TASKS_WRITE]))
    for dry_run in (True, False):
        assert caller.post(_PURGE, params={"dry_run": dry_run}).status_code == 403
