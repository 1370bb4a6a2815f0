"""`Prefer: wait=n` and `async_mode=false`: answers that wait for the end of a task."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import httpx
import pytest

from gateway.config import GatewaySettings
from warren.client.gateway_client import GatewayClient
from warren.client.handle import TaskHandle
from warren.testing.deadline import eventually

pytestmark = pytest.mark.postgres

TASKS = "/api/v1/tasks"
_SUCCEED = (
    "UPDATE tasks SET state = 'succeeded', result = '{\"words\": 2}', finished_at = now()"
    " WHERE state = 'pending' RETURNING id"
)
_FAIL = (
    "UPDATE tasks SET state = 'failed', finished_at = now(),"
    ' error = \'{"type": "VoiceNotFound", "message": "no such voice", "traceback": "x"}\''
    " WHERE state = 'pending' RETURNING id"
)


def _body(text: str = "Hello.") -> dict[str, Any]:
    return {"kind": "tts.synthesize", "payload": {"text": text}}


def _wait(seconds: int, **more: str) -> dict[str, str]:
    return {"Prefer": f"wait={seconds}", **more}


@contextmanager
def _ending(database: Any, statement: str, count: int = 1) -> Iterator[None]:
    """Meanwhile `count` tasks end as soon as they are there."""

    def end() -> None:
        ended: list[object] = []

        def end_some() -> bool:
            ended.extend(database.ask(statement))
            return len(ended) >= count

        eventually(end_some)

    thread = threading.Thread(target=end)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def test_a_submission_that_waits_is_answered_with_the_result(
    client: httpx.Client, database: Any
) -> None:
    with _ending(database, _SUCCEED):
        answer = client.post(TASKS, json=_body(), headers=_wait(10))

    assert answer.status_code == 200
    assert answer.headers["preference-applied"] == "wait=10"
    said = answer.json()
    assert (said["status"], said["result"]) == ("succeeded", {"words": 2})
    assert answer.headers["location"] == said["urls"]["task"]


def test_a_failure_is_an_outcome_without_its_traceback(client: httpx.Client, database: Any) -> None:
    with _ending(database, _FAIL):
        answer = client.post("/api/v1/speech", json={"text": "Hello."}, headers=_wait(10))

    assert (answer.status_code, answer.json()["status"]) == (200, "failed")
    assert answer.json()["error"]["type"] == "VoiceNotFound"
    assert answer.json()["error"]["traceback"] is None


def test_what_has_not_ended_in_time_is_accepted_all_the_same(client: httpx.Client) -> None:
    answer = client.post(TASKS, json=_body(), headers=_wait(1))

    assert (answer.status_code, answer.json()["status"]) == (202, "pending")
    assert answer.headers["preference-applied"] == "wait=1"


def test_without_the_preference_nobody_waits(client: httpx.Client) -> None:
    answer = client.post(TASKS, json=_body(), headers={"Prefer": "respond-async, return=minimal"})

    assert answer.status_code == 202
    assert "preference-applied" not in answer.headers


def test_the_wait_is_granted_as_far_as_the_setting_goes(
    serve: Callable[[GatewaySettings], str],
    settings: GatewaySettings,
    connect: Callable[[str, str], httpx.Client],
    database: Any,
) -> None:
    url = serve(settings.model_copy(update={"wait_limit": 1.0}))
    client = connect(url, database.key())

    preferred = client.post(TASKS, json=_body(), headers=_wait(600))
    synchronous = client.post(f"{TASKS}?async_mode=false", json=_body())

    assert {a.headers["preference-applied"] for a in (preferred, synchronous)} == {"wait=1"}


def test_a_wrong_mode_is_refused_before_anything_is_accepted(
    client: httpx.Client, database: Any
) -> None:
    answer = client.post(f"{TASKS}?async_mode=perhaps", json=_body())

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "async_mode"
    assert database.count("tasks") == 0


def test_status_and_result_can_be_waited_for(client: httpx.Client, database: Any) -> None:
    task = client.post(TASKS, json=_body()).json()
    unfinished = client.get(task["urls"]["status"], headers=_wait(1))
    no_result = client.get(task["urls"]["result"], headers=_wait(1))
    with ThreadPoolExecutor(2) as threads:
        asked = [
            threads.submit(client.get, task["urls"][name], headers=_wait(10))
            for name in ("status", "result")
        ]
        database.ask(_SUCCEED)
        status, result = (future.result() for future in asked)

    assert (unfinished.status_code, no_result.status_code) == (202, 202)
    assert no_result.json()["status"] == "pending"
    assert (status.status_code, status.json()["status"]) == (200, "succeeded")
    assert (result.status_code, result.json()) == (200, {"words": 2})
    assert result.headers["preference-applied"] == "wait=10"


def test_a_request_that_is_sent_again_waits_for_the_same_task(
    client: httpx.Client, database: Any
) -> None:
    first = client.post(TASKS, json=_body(), headers=_wait(1, **{"Idempotency-Key": "k"}))
    with _ending(database, _SUCCEED):
        again = client.post(TASKS, json=_body(), headers=_wait(10, **{"Idempotency-Key": "k"}))

    assert again.json()["task_id"] == first.json()["task_id"]
    assert (first.status_code, again.status_code) == (202, 200)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json()["result"] == {"words": 2}


def test_many_can_wait_at_a_time(client: httpx.Client, database: Any) -> None:
    def submit(number: int) -> httpx.Response:
        return client.post(TASKS, json=_body(f"Number {number}."), headers=_wait(14))

    with ThreadPoolExecutor(60) as threads, _ending(database, _SUCCEED, count=60):
        answers = list(threads.map(submit, range(60)))

    assert {answer.status_code for answer in answers} == {200}


def test_a_client_that_leaves_makes_room_for_another_to_wait(
    serve: Callable[[GatewaySettings], str],
    settings: GatewaySettings,
    connect: Callable[[str, str], httpx.Client],
    database: Any,
) -> None:
    # Given a gateway where one request may wait, and one that does, with another beside it
    url = serve(settings.model_copy(update={"waiting_requests": 1}))
    client, leaving = connect(url, database.key()), connect(url, database.key())
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(leaving.post, TASKS, json=_body(), headers=_wait(60), timeout=3)
        eventually(lambda: database.count("tasks") == 1)
        assert (
            "preference-applied" not in client.post(TASKS, json=_body(), headers=_wait(1)).headers
        )
        # When the first client leaves
        assert isinstance(first.exception(), httpx.ReadTimeout)

    # Then the next one can wait
    def waits() -> bool:
        answer = client.post(TASKS, json=_body(), headers=_wait(1))
        return "preference-applied" in answer.headers

    eventually(waits)


class _Counting(httpx.HTTPTransport):
    """Keeps for how many seconds the gateway is asked to wait."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str | None] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.headers.get("Prefer"))
        return super().handle_request(request)


def test_a_handle_waits_by_a_single_request(
    client: httpx.Client, database: Any, gateway_url: str
) -> None:
    task = client.post(TASKS, json=_body()).json()["task_id"]
    key, counting = client.headers["Authorization"].removeprefix("Bearer "), _Counting()
    gateway = GatewayClient(gateway_url, key, transport=counting)

    with _ending(database, _SUCCEED):
        assert TaskHandle(UUID(task), gateway).wait(timeout=30) == {"words": 2}
    gateway.close()

    assert counting.asked == ["wait=20", None]
