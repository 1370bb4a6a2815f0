"""The client over HTTP, against a gateway that is played."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID, uuid4

import httpx
import orjson
import pytest
from pydantic import BaseModel

from warren.client.errors import (
    BulkInterrupted,
    GatewayUnreachable,
    InvalidJob,
    PayloadTooLarge,
    RefusedByGateway,
    ResultDoesNotFit,
    TaskCancelled,
    TaskExpired,
    TaskFailed,
    TaskUnknown,
    WaitInsideJob,
    WaitTimeout,
)
from warren.client.gateway_client import GatewayClient, default_client
from warren.client.handle import TaskHandle
from warren.client.http_entrance import HttpEntrance
from warren.client.new_task import NewTask
from warren.client.payload import NamedArtifact, job_of, submitted_payload, travelling_payload
from warren.client.surroundings import inside_job
from warren.contracts.artifact import ArtifactRef
from warren.contracts.ids import new_id
from warren.contracts.job import Job
from warren.contracts.speech import SynthesizeSpeech
from warren.contracts.submission import TaskOptions
from warren.errors import ConfigurationError

TASK = new_id()
Answers = list[httpx.Response | type[httpx.TransportError]]


class Played:
    """A gateway that gives prepared answers, and keeps the requests."""

    def __init__(self) -> None:
        self.answers: Answers = []
        self.requests: list[httpx.Request] = []
        self.always: Callable[[httpx.Request], httpx.Response] | None = None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self.always is not None:
            return self.always(request)
        answer = self.answers.pop(0)
        if isinstance(answer, httpx.Response):
            return answer
        raise answer("lost")


@pytest.fixture
def played() -> Played:
    return Played()


@pytest.fixture
def client(played: Played) -> Iterator[GatewayClient]:
    client = GatewayClient(
        "http://gateway", "wk_x_y", timeout=5, transport=httpx.MockTransport(played)
    )
    yield client
    client.close()


def accepted(task: UUID = TASK) -> httpx.Response:
    return httpx.Response(202, json={"task_id": str(task)})


def problem(status: int, name: str, **headers: str) -> httpx.Response:
    body = {
        "type": f"urn:warren:problem:{name}",
        "title": name,
        "detail": "payload.text is required",
        "errors": [{"field": "payload.text", "message": "is required"}],
    }
    return httpx.Response(status, json=body, headers=headers)


def status(state: str, **more: Any) -> dict[str, Any]:
    return {
        "task_id": str(TASK),
        "kind": "tts.synthesize",
        "status": state,
        "generation": 1,
        "attempt": 1,
        "max_attempts": 4,
        "created_at": "2030-01-01T00:00:00Z",
        **more,
    }


def speak(text: str = "Hello", key: str | None = None) -> NewTask:
    return NewTask(SynthesizeSpeech(text=text), TaskOptions(), key)


def test_a_lost_answer_is_asked_for_again_with_the_same_key(
    played: Played, client: GatewayClient
) -> None:
    played.answers = [
        httpx.ConnectError,
        httpx.ReadTimeout,
        httpx.RemoteProtocolError,
        problem(503, "database-unavailable", **{"Retry-After": "0"}),
        problem(409, "request-in-progress", **{"Retry-After": "0"}),
        problem(429, "too-many-waiting", **{"Retry-After": "0"}),
        accepted(),
    ]

    assert HttpEntrance(client).enqueue([speak()]) == [TASK]
    keys = {request.headers["Idempotency-Key"] for request in played.requests}
    assert (len(keys), len(played.requests)) == (1, 7)


def test_each_asking_has_a_key_of_its_own_unless_it_is_given_one(
    played: Played, client: GatewayClient
) -> None:
    played.always = lambda _request: accepted()
    for key in (None, None, "order 17", "order 17", "für alle"):
        HttpEntrance(client).enqueue([speak(key=key)])

    keys = [request.headers["Idempotency-Key"] for request in played.requests]
    assert len(set(keys)) == 4
    assert keys[2] == keys[3] == "tts.synthesize:order 17"
    assert all(key.isascii() for key in keys)


def test_a_refusal_is_told_at_once(played: Played, client: GatewayClient) -> None:
    played.answers = [problem(422, "invalid-fields")]

    with pytest.raises(RefusedByGateway, match=r"payload\.text is required") as refusal:
        HttpEntrance(client).enqueue([speak()])
    assert (refusal.value.status, refusal.value.field) == (422, "payload.text")


def test_a_gateway_that_asks_for_more_patience_than_there_is_is_given_up(
    played: Played, client: GatewayClient
) -> None:
    played.always = lambda _request: problem(503, "backlog-full", **{"Retry-After": "60"})

    with pytest.raises(GatewayUnreachable, match="HTTP 503") as given_up:
        HttpEntrance(client).enqueue([speak()])
    assert given_up.value.retry_after == 60
    assert len(played.requests) == 1


def test_an_answer_that_is_no_json_is_told_as_it_is(played: Played, client: GatewayClient) -> None:
    played.answers = [httpx.Response(500, text="<html>oops</html>")]

    with pytest.raises(RefusedByGateway, match="HTTP 500: <html>oops"):
        client.get("/api/v1/kinds")


def test_many_tasks_go_in_by_requests_that_a_gateway_takes(
    played: Played, client: GatewayClient
) -> None:
    def take(request: httpx.Request) -> httpx.Response:
        items = orjson.loads(request.content)["items"]
        return httpx.Response(202, json={"items": [{"task_id": str(new_id())} for _ in items]})

    played.always = take
    ids = HttpEntrance(client).enqueue([speak() for _ in range(2300)])
    long = HttpEntrance(client).enqueue([speak("x" * 90_000) for _ in range(20)])

    assert (len(set(ids)), len(set(long))) == (2300, 20)
    assert len({request.headers["Idempotency-Key"] for request in played.requests}) == 5
    assert all(len(request.content) < 1024 * 1024 for request in played.requests)


def test_what_was_accepted_before_a_refusal_is_told(played: Played, client: GatewayClient) -> None:
    first = [{"task_id": str(new_id())} for _ in range(1000)]
    played.answers = [httpx.Response(202, json={"items": first}), problem(422, "invalid-fields")]

    with pytest.raises(BulkInterrupted, match="1000 of 1500") as interrupted:
        HttpEntrance(client).enqueue([speak() for _ in range(1500)])
    assert [str(task) for task in interrupted.value.accepted] == [item["task_id"] for item in first]


def test_nothing_is_named_where_nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WARREN_URL", raising=False)
    monkeypatch.setenv("WARREN_API_KEY", "wk_x_y")
    with pytest.raises(ConfigurationError, match="set WARREN_URL and WARREN_API_KEY"):
        default_client()

    monkeypatch.setenv("WARREN_URL", "gateway:8000")
    with pytest.raises(ConfigurationError, match="WARREN_URL: must begin with http"):
        default_client()


def test_wait_returns_the_result_as_soon_as_it_is_there(
    played: Played, client: GatewayClient
) -> None:
    played.answers = [
        problem(404, "not-found"),
        httpx.ConnectError,
        httpx.Response(200, json=status("processing")),
        httpx.Response(200, json=status("succeeded")),
        httpx.Response(200, json={"spoken": True}),
    ]

    assert TaskHandle(TASK, client).wait(timeout=30) == {"spoken": True}


class Counted(BaseModel):
    """A result."""

    words: int
    at: datetime


def test_a_result_is_of_the_type_that_its_worker_returns(
    played: Played, client: GatewayClient
) -> None:
    handle = TaskHandle(TASK, client, Counted)
    played.answers = [
        httpx.Response(200, json=status("succeeded")),
        httpx.Response(200, json={"words": 2, "at": "2026-11-26T12:00:00Z", "later": True}),
    ]

    assert handle.wait() == Counted(words=2, at=datetime(2026, 11, 26, 12, tzinfo=UTC))


def test_a_result_that_was_too_large_to_travel_is_fetched(
    played: Played, client: GatewayClient
) -> None:
    played.answers = [
        httpx.Response(200, json=status("succeeded")),
        httpx.Response(200, json={"artifact_id": str(REFERENCE.id)}),
        httpx.Response(200, json={"words": 2, "at": "2026-11-26T12:00:00Z"}),
    ]

    assert TaskHandle(TASK, client, Counted).result().words == 2
    assert played.requests[-1].url.path == f"/api/v1/artifacts/{REFERENCE.id}"


def test_a_result_of_another_shape_is_told_and_not_lost(
    played: Played, client: GatewayClient
) -> None:
    played.answers = [
        httpx.Response(200, json=status("succeeded")),
        httpx.Response(200, json={"letters": 7}),
    ]

    with pytest.raises(ResultDoesNotFit, match="is no Counted: words: Field required") as told:
        TaskHandle(TASK, client, Counted).result()
    assert told.value.result == {"letters": 7}


def test_wait_asks_the_gateway_to_wait_and_paces_one_that_does_not(
    played: Played, client: GatewayClient
) -> None:
    played.answers = [httpx.Response(200, json=status("processing"))] * 3
    played.answers += [
        httpx.Response(200, json=status("succeeded")),
        httpx.Response(200, json="done"),
    ]
    began = time.monotonic()

    assert TaskHandle(TASK, client).wait(timeout=7) == "done"
    # 0.05 + 0.075 + 0.11 s, which a gateway that waits would have spent instead
    assert time.monotonic() - began > 0.2
    preferred = [request.headers.get("Prefer") for request in played.requests]
    assert preferred == ["wait=6"] * 4 + [None]


@pytest.mark.parametrize(
    ("state", "raised"),
    [("failed", TaskFailed), ("cancelled", TaskCancelled), ("expired", TaskExpired)],
)
def test_wait_and_result_raise_what_became_of_it(
    played: Played, client: GatewayClient, state: str, raised: type[Exception]
) -> None:
    error = {"type": "VoiceNotFound", "message": "no such voice"}
    played.always = lambda _request: httpx.Response(200, json=status(state, error=error))

    for ask in (TaskHandle(TASK, client).wait, TaskHandle(TASK, client).result):
        with pytest.raises(raised) as told:
            ask()
        if isinstance(told.value, TaskFailed):
            assert told.value.error == error


def test_wait_ends_in_time_and_never_inside_a_job(played: Played, client: GatewayClient) -> None:
    played.always = lambda _request: httpx.Response(200, json=status("pending"))

    with pytest.raises(WaitTimeout, match=r"still pending after 0\.1 s"):
        TaskHandle(TASK, client).wait(timeout=0.1)
    with inside_job(new_id(), None), pytest.raises(WaitInsideJob):
        TaskHandle(TASK, client).wait()


def test_an_unknown_task_is_told_so(played: Played, client: GatewayClient) -> None:
    played.always = lambda _request: problem(404, "not-found")

    with pytest.raises(TaskUnknown):
        TaskHandle(TASK, client).status()


def test_a_handle_is_its_id(client: GatewayClient) -> None:
    text: Any = str(TASK)

    assert TaskHandle(text, client) == TaskHandle(TASK)
    with pytest.raises(ValueError, match="badly formed"):
        TaskHandle("no id")  # type: ignore[arg-type]


class Bind(Job):
    """Bind files."""

    kind: ClassVar[str] = "test.bind"

    cover: ArtifactRef | None = None
    pages: list[ArtifactRef] = []
    text: str = ""


REFERENCE = ArtifactRef(id=uuid4(), sha256="0" * 64, size=1, media_type="text/plain", name="a")


def test_artifacts_are_submitted_by_their_ids_and_travel_as_references() -> None:
    job = Bind(cover=REFERENCE, pages=[REFERENCE, REFERENCE])

    wire = REFERENCE.model_dump(mode="json")
    assert submitted_payload(job) == {
        "cover": str(REFERENCE.id),
        "pages": [str(REFERENCE.id)] * 2,
    }
    assert travelling_payload(job) == {"cover": wire, "pages": [wire, wire]}


def test_an_id_will_do_where_the_gateway_knows_the_rest() -> None:
    job = job_of(Bind, (), {"cover": str(REFERENCE.id), "pages": [REFERENCE.id]})

    assert isinstance(job.cover, NamedArtifact)
    assert submitted_payload(job) == {"cover": str(REFERENCE.id), "pages": [str(REFERENCE.id)]}
    with pytest.raises(InvalidJob, match="whole ArtifactRef"):
        travelling_payload(job)
    with pytest.raises(InvalidJob, match=r"Bind\.cover is 'a\.txt'"):
        job_of(Bind, (), {"cover": "a.txt"})


def test_64_kib_may_travel_and_texts_that_the_gateway_stores_apart_do_not_count() -> None:
    assert submitted_payload(Bind(text="x" * 65_000))
    with pytest.raises(PayloadTooLarge, match="artifact") as refusal:
        submitted_payload(Bind(text="x" * 66_000))
    assert refusal.value.field == "text"

    assert submitted_payload(SynthesizeSpeech(text="x" * 90_000))
    with pytest.raises(PayloadTooLarge):
        travelling_payload(SynthesizeSpeech(text="x" * 90_000))
