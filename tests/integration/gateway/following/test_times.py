"""When a task was worked on, as the API tells it."""

from collections.abc import Callable
from typing import Any

import httpx
import psycopg
import pytest

from gateway.customers.keys import Scope
from tests.integration.gateway.following.conftest import Task

pytestmark = pytest.mark.postgres

Connect = Callable[[str, str], httpx.Client]


def test_starts_are_the_first_and_the_last_and_the_attempts_are_summed(
    submit: Callable[[], Task], client: httpx.Client
) -> None:
    # Given a task that is tried a second time
    task = submit()
    task.record(task.processing())
    first = client.get(task.urls["status"]).json()
    task.record(task.retrying())
    again = {"dispatch": 2, "attempt": 2}
    task.record(task.processing(**again))
    # When it has been polled all the while, and succeeds
    second = client.get(task.urls["status"]).json()
    task.record(task.succeeded(**again))
    ended = client.get(task.urls["status"]).json()
    # Then the one start stays, the other is the last, and both attempts count
    assert first["started_at"] == first["attempt_started_at"]
    assert second["started_at"] == ended["started_at"] == first["started_at"]
    assert second["attempt_started_at"] == ended["attempt_started_at"] > first["started_at"]
    assert ended["processing_seconds"] == 2.5
    assert ended["finished_at"] >= ended["attempt_started_at"]
    whole = client.get(f"/api/v1/tasks/{task.id}").json()
    same = ("started_at", "attempt_started_at", "finished_at", "processing_seconds")
    assert [whole[name] for name in same] == [ended[name] for name in same]
    assert whole["updated_at"] >= whole["finished_at"] > whole["created_at"]


@pytest.mark.parametrize("state", ["failed", "cancelled"])
def test_a_task_that_does_not_succeed_says_when_it_ended(
    submit: Callable[[], Task], client: httpx.Client, state: str
) -> None:
    task = submit()
    if state == "failed":
        task.record(task.processing(), task.failed())
    else:
        client.post(task.urls["cancel"])

    status = client.get(task.urls["status"]).json()

    assert status["status"] == state
    assert status["finished_at"] > status["created_at"]


def test_the_log_of_a_task_names_its_owner_and_to_operators_its_worker(
    database: Any, gateway_url: str, connect: Connect
) -> None:
    # Given a task of a caller who is no operator
    key = database.key(scopes=[Scope.TASKS_READ, Scope.TASKS_WRITE])
    owner, operator = connect(gateway_url, key), connect(gateway_url, database.key())
    body = {"kind": "tts.synthesize", "payload": {"text": "Hello."}}
    with psycopg.connect(database.url, autocommit=True) as connection:
        task = Task(owner.post("/api/v1/tasks", json=body).json(), connection)
        task.record(task.processing())

    seen, whole = (by.get(f"/api/v1/tasks/{task.id}").json() for by in (owner, operator))

    assert seen["actor"] == whole["actor"] == f"key:{key.split('_')[1]}"
    (customer,) = database.ask("SELECT customer_id FROM tasks WHERE id = %s", task.id)
    assert seen["customer_id"] == str(customer[0])
    # A worker's name is that of its host.
    assert (seen["worker"], whole["worker"]) == (None, "host-1-1")
