"""Asking about tasks."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
from psycopg.types.json import Jsonb

from gateway.customers.keys import Scope
from gateway.tasks.queue_position import _POSITIONS, MOST

pytestmark = pytest.mark.postgres

_MANY_AHEAD = (
    """INSERT INTO in_flight (task_id, generation, dispatch, queue, limit_key)
    SELECT uuidv7(), 1, 1, queue, limit_key FROM outbox, generate_series(1, %(many)s)""",
    """INSERT INTO outbox (task_id, generation, dispatch, attempt, kind, version, queue,
        customer_id, limit_key, available_at)
    SELECT uuidv7(), 1, 1, 1, kind, version, queue, customer_id, limit_key,
        available_at - interval '1 s' FROM outbox, generate_series(1, %(many)s)""",
    "ANALYZE outbox, in_flight",
)


def _submit(client: httpx.Client) -> dict[str, Any]:
    answer = client.post(
        "/api/v1/tasks",
        json={"kind": "tts.synthesize", "payload": {"text": "a"}, "metadata": {"x": 1}},
    )
    task: dict[str, Any] = answer.json()
    return task


def test_a_new_task_says_that_no_worker_is_there(client: httpx.Client) -> None:
    task = _submit(client)
    status = client.get(task["urls"]["status"]).json()
    assert (status["status"], status["waiting_for"]) == ("pending", "no_worker")
    assert (status["attempt"], status["max_attempts"], status["progress"]) == (1, 4, 0)
    assert (status["finished_at"], status["error"]) == (None, None)


def test_the_whole_task_shows_what_was_submitted(client: httpx.Client) -> None:
    task = client.get(_submit(client)["urls"]["task"]).json()
    assert (task["payload"], task["metadata"]) == ({"text": "a"}, {"x": 1})


def test_the_result_of_an_unfinished_task_is_a_conflict_with_its_state(
    client: httpx.Client,
) -> None:
    answer = client.get(_submit(client)["urls"]["result"])
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["state"] == "pending"


def test_the_result_of_a_succeeded_task_is_what_its_worker_returned(
    client: httpx.Client, database: Any
) -> None:
    task = _submit(client)
    database.ask(
        "UPDATE tasks SET state = 'succeeded', result = %s, finished_at = now() WHERE id = %s",
        Jsonb({"artifact_id": "a", "duration_seconds": 1.5}),
        UUID(task["task_id"]),
    )
    answer = client.get(task["urls"]["result"])
    assert answer.status_code == 200
    assert answer.json() == {"artifact_id": "a", "duration_seconds": 1.5}


def test_a_failed_task_tells_why_and_operators_where(
    gateway_url: str, database: Any, connect: Callable[[str, str], httpx.Client]
) -> None:
    # Given a task that failed, its owner and an operator
    client = connect(gateway_url, database.key(scopes=[Scope.TASKS_READ, Scope.TASKS_WRITE]))
    operator = connect(gateway_url, database.key(scopes=[Scope.TASKS_READ, Scope.OPERATE]))
    task = _submit(client)
    error = {"type": "VoiceNotFound", "message": "no such voice", "traceback": "secret"}
    database.ask(
        "UPDATE tasks SET state = 'failed', error = %s, finished_at = now() WHERE id = %s",
        Jsonb(error),
        UUID(task["task_id"]),
    )
    status = client.get(task["urls"]["status"])
    assert status.json()["error"]["message"] == "no such voice"
    result = client.get(task["urls"]["result"])
    assert (result.status_code, result.json()["state"]) == (409, "failed")
    assert result.json()["error"]["type"] == "VoiceNotFound"
    # Then only the operator, whose task it is not, sees the traceback
    assert "secret" not in status.text + result.text + client.get(task["urls"]["task"]).text
    for name in ("status", "task"):
        assert operator.get(task["urls"][name]).json()["error"]["traceback"] == "secret"


def test_the_history_shows_statuses_in_order(client: httpx.Client, database: Any) -> None:
    task = _submit(client)
    for kind in ("task.processing", "task.retrying"):
        database.ask(
            "INSERT INTO task_history (task_id, generation, dispatch, type, attempt, at, data)"
            " VALUES (%s, 1, 1, %s, 1, now(), %s)",
            UUID(task["task_id"]),
            kind,
            Jsonb({"error": {"type": "E", "message": "m", "traceback": "t"}}),
        )
    items = client.get(task["urls"]["history"]).json()["items"]
    assert [item["type"] for item in items] == ["task.processing", "task.retrying"]


def test_another_customers_task_does_not_exist(
    client: httpx.Client,
    gateway_url: str,
    database: Any,
    connect: Callable[[str, str], httpx.Client],
) -> None:
    urls = _submit(client)["urls"]
    stranger = connect(gateway_url, database.key(scopes=[Scope.TASKS_READ, Scope.TASKS_WRITE]))
    cancel = urls.pop("cancel")
    assert {stranger.get(url).status_code for url in urls.values()} == {404}
    assert stranger.post(cancel).status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/tasks/not-an-id", 404),
        ("GET", "/api/v1/tasks/01900000-0000-7000-8000-000000000000/status", 404),
        ("GET", "/nothing/here", 404),
        ("PUT", "/api/v1/tasks", 405),
        ("GET", "/api/v1/artifacts/zzz", 404),
    ],
)
def test_wrong_addresses_are_problems_too(
    client: httpx.Client, method: str, path: str, status: int
) -> None:
    answer = client.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert answer.json()["instance"] == path


def test_the_openapi_document_names_every_endpoint(client: httpx.Client) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    assert {"/api/v1/tasks", "/api/v1/speech", "/api/v1/artifacts", "/api/v1/kinds"} <= set(paths)


def test_an_unchanged_status_is_not_sent_again(client: httpx.Client, database: Any) -> None:
    url = _submit(client)["urls"]["status"]
    first = client.get(url)
    again = {"If-None-Match": f'"other", W/{first.headers["etag"]}'}

    unchanged = client.get(url, headers=again)
    waited = client.get(url, headers={**again, "Prefer": "wait=1"})
    database.ask("UPDATE tasks SET progress = 5, state = 'processing'")
    changed = client.get(url, headers=again)

    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert unchanged.headers["etag"] == first.headers["etag"]
    assert (waited.status_code, waited.headers["preference-applied"]) == (304, "wait=1")
    assert (changed.status_code, changed.json()["progress"]) == (200, 5)


@pytest.mark.parametrize("state", ["succeeded", "failed", "cancelled", "expired"])
def test_no_etag_hides_an_end(client: httpx.Client, database: Any, state: str) -> None:
    url = _submit(client)["urls"]["status"]
    before = client.get(url).headers["etag"]
    database.ask("UPDATE tasks SET state = %s", state)

    answer = client.get(url, headers={"If-None-Match": before})

    assert (answer.status_code, answer.json()["status"]) == (200, state)


def test_a_task_that_waits_knows_its_place_in_the_queue(
    client: httpx.Client, database: Any
) -> None:
    urls = [_submit(client)["urls"]["status"] for _ in range(3)]

    def places() -> list[int | None]:
        return [client.get(url).json()["queue_position"] for url in urls]

    # Given three tasks in a queue, and then the first one in the broker's hands
    waiting = places()
    database.ask(
        "WITH gone AS (DELETE FROM outbox WHERE task_id = (SELECT min(task_id::text)::uuid"
        " FROM outbox) RETURNING *)"
        " INSERT INTO in_flight (task_id, generation, dispatch, queue)"
        " SELECT task_id, generation, dispatch, queue FROM gone"
    )
    published = places()
    # When it runs, the others come forward
    database.ask("UPDATE in_flight SET started_at = now()")
    database.ask(
        "UPDATE tasks SET state = 'processing' WHERE id IN (SELECT task_id FROM in_flight)"
    )

    assert waiting == published == [1, 2, 3]
    assert places() == [None, 1, 2]


def test_of_a_long_queue_no_more_is_counted_than_is_told(
    client: httpx.Client, database: Any
) -> None:
    # Given more tasks that are published, and more that wait, than a place is told of
    task_id = _submit(client)["task_id"]
    values = {"ids": [UUID(task_id)], "most": MOST}
    for statement in _MANY_AHEAD:
        with psycopg.connect(database.url, autocommit=True) as connection:
            connection.execute(statement, {"many": 2 * MOST})
    # When the place of the last one is found out
    with psycopg.connect(database.url, autocommit=True) as connection:
        explained = connection.execute(
            "EXPLAIN (ANALYZE, FORMAT JSON) " + _POSITIONS, values
        ).fetchall()[0][0][0]
    # Then so many rows were looked at, and not as many again
    looked_at = sum(
        node["Actual Rows"] * node["Actual Loops"]
        for node in _nodes(explained["Plan"])
        if node.get("Alias", "").startswith("a")
    )
    assert MOST <= looked_at <= MOST + 10
    url = f"/api/v1/tasks/{task_id}/status"
    assert client.get(url).json()["queue_position"] is None


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", []):
        yield from _nodes(part)


def test_a_task_that_is_not_due_has_no_place(client: httpx.Client) -> None:
    body = {"kind": "tts.synthesize", "payload": {"text": "a"}, "delay_seconds": 60}
    task = client.post("/api/v1/tasks", json=body).json()

    assert client.get(task["urls"]["status"]).json()["queue_position"] is None
