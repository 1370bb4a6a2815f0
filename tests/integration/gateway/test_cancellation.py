"""Cancelling a task in each of its states, over HTTP and a real database."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from gateway.customers.keys import Scope
from gateway.problems import NotFound
from gateway.tasks.cancellation import cancel_task, cancel_tasks
from warren.contracts.ids import new_id
from warren.contracts.orders import CancelTask, parse_order
from warren.contracts.states import TaskState
from warren.testing.deadline import eventually

pytestmark = pytest.mark.postgres


@pytest.fixture(autouse=True)
def _no_orders(database: Any) -> None:
    database.ask("DELETE FROM publications")


def _submit(client: httpx.Client, **more: Any) -> str:
    body = {"kind": "tts.synthesize", "payload": {"text": "a"}, **more}
    answer = client.post("/api/v1/tasks", json=body)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["task_id"])


def _cancel(client: httpx.Client, task: str) -> httpx.Response:
    return client.post(f"/api/v1/tasks/{task}/cancel")


def _publish(database: Any, task: str) -> None:
    """What a relay does."""
    database.ask("DELETE FROM outbox WHERE task_id = %s", UUID(task))
    database.ask(
        "INSERT INTO in_flight (task_id, generation, dispatch, queue) VALUES (%s, 1, 1, 'x')",
        UUID(task),
    )


def _history(client: httpx.Client, task: str) -> list[tuple[str, str | None]]:
    items = client.get(f"/api/v1/tasks/{task}/history").json()["items"]
    return [(item["type"], item["data"].get("by")) for item in items]


def _orders(database: Any) -> list[tuple[UUID, int]]:
    bodies = database.ask("DELETE FROM publications RETURNING body")
    orders = [parse_order(bytes(body)) for (body,) in bodies]
    return [(one.task_id, one.generation) for one in orders if isinstance(one, CancelTask)]


@pytest.mark.parametrize("more", [{}, {"delay_seconds": 3600}])
def test_an_unpublished_task_is_cancelled_at_once(
    client: httpx.Client, database: Any, more: dict[str, Any]
) -> None:
    # Given a task that waits, for its turn or for its time
    task = _submit(client, **more)
    # When it is cancelled
    answer = _cancel(client, task)
    # Then it has ended, will not be published, and its history says who asked
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    assert answer.json()["finished_at"] is not None
    assert database.count("outbox") == 0
    ((kind, by),) = _history(client, task)
    assert kind == "task.cancelled"
    assert str(by).startswith("key:")


def test_a_task_that_waits_for_its_next_attempt_is_never_tried_again(
    client: httpx.Client, database: Any
) -> None:
    task = _submit(client)
    database.ask("UPDATE tasks SET state = 'retrying', rank = 2 WHERE id = %s", UUID(task))
    database.ask("UPDATE outbox SET dispatch = 2, attempt = 2 WHERE task_id = %s", UUID(task))
    assert _cancel(client, task).json()["status"] == "cancelled"
    assert database.count("outbox") == 0
    # And workers skip a copy of the first attempt's message, should there be one
    assert _orders(database) == [(UUID(task), 1)]


@pytest.mark.parametrize("state", ["pending", "processing"])
def test_a_published_task_is_cancelling_until_its_worker_says_so(
    client: httpx.Client, database: Any, state: str
) -> None:
    # Given a task that a worker may have
    task = _submit(client)
    _publish(database, task)
    database.ask("UPDATE tasks SET state = %s WHERE id = %s", state, UUID(task))
    # When it is cancelled
    answer = _cancel(client, task)
    # Then that is under way
    assert (answer.status_code, answer.json()["status"]) == (202, "cancelling")
    assert client.get(f"/api/v1/tasks/{task}/status").json()["status"] == "cancelling"
    assert _orders(database) == [(UUID(task), 1)]
    assert [kind for kind, _ in _history(client, task)] == ["task.cancelling"]


def test_asked_twice_the_answer_is_the_same_and_nothing_is_done_again(
    client: httpx.Client, database: Any
) -> None:
    waiting, published = _submit(client), _submit(client)
    _publish(database, published)
    for task in (waiting, published):
        first, second = _cancel(client, task), _cancel(client, task)
        assert (first.status_code, first.json()) == (second.status_code, second.json())
        assert len(_history(client, task)) == 1
    assert _orders(database) == [(UUID(published), 1)]


@pytest.mark.parametrize("state", ["succeeded", "failed", "expired"])
def test_a_task_that_has_ended_is_a_conflict_with_its_state(
    client: httpx.Client, database: Any, state: str
) -> None:
    task = _submit(client)
    database.ask("DELETE FROM outbox")
    database.ask("UPDATE tasks SET state = %s WHERE id = %s", state, UUID(task))
    answer = _cancel(client, task)
    assert (answer.status_code, answer.json()["state"]) == (409, state)
    assert answer.headers["content-type"] == "application/problem+json"
    assert _orders(database) == []


def test_a_task_that_was_deleted_since_it_was_seen_is_not_found(database: Any) -> None:
    task = new_id()
    with (
        psycopg.connect(database.url) as connection,
        pytest.raises(NotFound, match=f"no task {task}"),
    ):
        cancel_task(connection, task, "key:test")


def test_nobody_cancels_another_customer_s_task_but_an_operator(
    client: httpx.Client,
    database: Any,
    gateway_url: str,
    connect: Callable[[str, str], httpx.Client],
) -> None:
    # Given a task, another customer and an operator
    task = _submit(client)
    other = connect(gateway_url, database.key(scopes=[Scope.TASKS_READ, Scope.TASKS_WRITE]))
    operator = connect(gateway_url, database.key(scopes=[Scope.TASKS_WRITE, Scope.OPERATE]))
    # When both ask, Then one finds nothing and the other cancels it
    assert _cancel(other, task).status_code == 404
    assert _cancel(operator, task).json()["status"] == "cancelled"


def test_a_cancellation_waits_for_a_relay_and_finds_the_task_published(
    client: httpx.Client, database: Any
) -> None:
    # Given a relay in the middle of publishing
    task = _submit(client)
    with (
        psycopg.connect(database.url) as relay,
        ThreadPoolExecutor(1) as pool,
    ):
        relay.execute("DELETE FROM outbox WHERE task_id = %s", [UUID(task)])
        relay.execute(
            "INSERT INTO in_flight (task_id, generation, dispatch, queue) VALUES (%s, 1, 1, 'x')",
            [UUID(task)],
        )
        # When the task is cancelled meanwhile
        answer = pool.submit(_cancel, client, task)
        eventually(lambda: database.ask("SELECT 1 FROM pg_locks WHERE NOT granted"))
        assert not answer.done()
        relay.commit()
        # Then it counts as published
        assert answer.result(10).json()["status"] == "cancelling"


def test_many_are_cancelled_in_one_transaction(client: httpx.Client, database: Any) -> None:
    # Given tasks in several states, of which one is published and one has ended
    tasks = [_submit(client) for _ in range(5)]
    _publish(database, tasks[0])
    database.ask("UPDATE tasks SET state = 'failed' WHERE id = %s", UUID(tasks[1]))
    # When all are cancelled as a housekeeper does it
    with psycopg.connect(database.url) as connection:
        answers = cancel_tasks(connection, [UUID(task) for task in tasks], "service:api")
    # Then each got its answer, and only the published one an order
    states = {str(answer.task_id): answer.state for answer in answers}
    assert [states[task] for task in tasks] == [
        TaskState.CANCELLING,
        TaskState.FAILED,
        *[TaskState.CANCELLED] * 3,
    ]
    assert _orders(database) == [(UUID(tasks[0]), 1)]
