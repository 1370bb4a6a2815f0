"""WarrenClient and AsyncWarrenClient, against a gateway that is played."""

import io
import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.both_clients import BOTH, Pieces, opened_client
from warren.client.calls.submitting import Options
from warren.client.errors import (
    FileDamaged,
    FileNotSendable,
    GatewayUnreachable,
    InvalidJob,
    TaskUnknown,
    WaitTimeout,
)
from warren.client.refusals import Conflict, GatewayFault, NotAllowed, NotAuthenticated, NotValid
from warren.contracts.ids import new_id
from warren.contracts.speech import SynthesizeSpeech
from warren.contracts.submission import TaskOptions

TASK = str(new_id())
ACCEPTED = {
    "task_id": TASK,
    "kind": "tts.synthesize",
    "status": "pending",
    "created_at": "2030-01-01T00:00:00Z",
}
STATUS = {**ACCEPTED, "generation": 1, "attempt": 1, "max_attempts": 4}
Answer = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


class Played:
    """Gives the answers in their order, the last one for ever; keeps the requests."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else answer(request)


@pytest.fixture
def played() -> Played:
    return Played()


@pytest.fixture(params=BOTH)
def client(request: pytest.FixtureRequest, played: Played) -> Iterator[Any]:
    transport = httpx.MockTransport(played)
    with opened_client(request.param, "http://gateway", "k", timeout=3, transport=transport) as it:
        yield it


def problem(status: int, **more: Any) -> httpx.Response:
    return httpx.Response(
        status, json={"title": "No", "detail": "because", **more}, headers={"Retry-After": "0"}
    )


def told(name: str, event_id: int | None = None, **more: Any) -> bytes:
    said = {"task_id": TASK, "status": "processing", "generation": 1, "attempt": 1, **more}
    head = "" if event_id is None else f"id: {event_id}\n"
    return f"{head}event: {name}\ndata: {json.dumps(said)}\n\n".encode()


def streamed(*pieces: bytes | Exception) -> httpx.Response:
    return httpx.Response(200, stream=Pieces(*pieces))


LOST = httpx.ReadError("lost")


def test_what_may_be_said_of_a_task_is_what_the_contract_has() -> None:
    assert Options.__annotations__.keys() == TaskOptions.model_fields.keys()


def test_a_submission_is_sent_again_under_one_key(played: Played, client: Any) -> None:
    played.answers = [LOST, problem(503), httpx.Response(202, json=ACCEPTED)]

    task = client.submit(SynthesizeSpeech(text="Hello"), tags=["a"], webhook={"url": "https://x"})

    assert str(task.task_id) == TASK
    assert len({request.headers["Idempotency-Key"] for request in played.requests}) == 1
    assert json.loads(played.requests[-1].content) == {
        "kind": "tts.synthesize",
        "payload": {"text": "Hello"},
        "tags": ["a"],
        "webhook": {"url": "https://x"},
    }


def test_each_submission_has_a_key_of_its_own_unless_it_is_given_one(
    played: Played, client: Any
) -> None:
    played.answers = [httpx.Response(202, json=ACCEPTED)]
    for key in (None, None, "order-17"):
        client.submit("tts.synthesize", {"text": "Hello"}, idempotency_key=key)

    keys = [request.headers["Idempotency-Key"] for request in played.requests]
    assert len(set(keys)) == 3
    assert keys[2] == "order-17"


def test_a_batch_names_its_members_and_refuses_none_or_too_many(
    played: Played, client: Any
) -> None:
    batch = str(new_id())
    played.answers = [httpx.Response(202, json={"batch_id": batch, "items": [ACCEPTED] * 2})]

    made = client.submit_batch(
        [SynthesizeSpeech(text="one"), ("tts.synthesize", {"text": "two"})], lane="low"
    )

    assert (str(made.batch_id), len(made.items)) == (batch, 2)
    items = json.loads(played.requests[0].content)["items"]
    assert [item["payload"]["text"] for item in items] == ["one", "two"]
    assert {item["lane"] for item in items} == {"low"}
    for count in (0, 1001):
        with pytest.raises(InvalidJob, match="1 to 1000 jobs"):
            client.submit_batch([("tts.synthesize", {})] * count)


def test_what_is_said_beside_a_job_is_checked_at_once(played: Played, client: Any) -> None:
    with pytest.raises(InvalidJob, match="lanes is no option"):
        client.submit("tts.synthesize", {}, lanes="low")
    with pytest.raises(InvalidJob, match="its payload"):
        client.submit(SynthesizeSpeech(text="Hello"), {"text": "Hello"})
    assert played.requests == []


@pytest.mark.parametrize(
    ("status", "raised"),
    [
        (401, NotAuthenticated),
        (403, NotAllowed),
        (409, Conflict),
        (422, NotValid),
        (500, GatewayFault),
    ],
)
def test_a_refusal_is_an_error_of_its_own_with_the_whole_answer(
    played: Played, client: Any, status: int, raised: type[Exception]
) -> None:
    errors = [{"field": "payload.text", "message": "is required"}]
    played.answers = [problem(status, errors=errors, state="succeeded")]

    with pytest.raises(raised, match="No: because") as refusal:
        client.retry(TASK)
    assert (refusal.value.status, refusal.value.field) == (status, "payload.text")  # type: ignore[attr-defined]
    assert refusal.value.problem["state"] == "succeeded"  # type: ignore[attr-defined]


def test_a_gateway_that_has_no_time_is_given_up_with_its_answer(
    played: Played, client: Any
) -> None:
    full = httpx.Response(503, json={"detail": "full"}, headers={"Retry-After": "60"})
    played.answers = [full]

    with pytest.raises(GatewayUnreachable, match="HTTP 503: full") as given_up:
        client.status(TASK)
    assert (given_up.value.status, given_up.value.problem) == (503, {"detail": "full"})
    assert given_up.value.retry_after == 60


def test_a_task_is_cancelled_or_told_as_it_is(played: Played, client: Any) -> None:
    played.answers = [problem(409), httpx.Response(200, json={**STATUS, "status": "succeeded"})]

    assert client.cancel(TASK).status == "succeeded"


def test_following_goes_on_where_the_connection_was_lost(played: Played, client: Any) -> None:
    progress = told("progress", progress=10, message="begins")
    played.answers = [
        streamed(progress, told("status", 1) + told("part", 2)[:20], LOST),
        LOST,
        problem(503),
        # A stream that ends without an end, as those of a gateway that stops
        streamed(told("part", 2), told("news", 3)),
        streamed(told("part", 2), progress, told("result", 4, status="succeeded", result=7)),
    ]

    events = list(client.follow(TASK))

    assert [(event.event, event.id) for event in events] == [
        ("progress", None),
        ("status", 1),
        ("part", 2),
        ("progress", None),
        ("result", 4),
    ]
    assert (events[0].progress, events[-1].result, events[-1].is_end) == (10, 7, True)
    asked = [request.headers.get("Last-Event-ID") for request in played.requests]
    assert asked == [None, "1", "1", "1", "3"]


def test_who_has_seen_the_end_is_told_nothing(played: Played, client: Any) -> None:
    played.answers = [httpx.Response(204)]

    assert list(client.follow(TASK, after=9)) == []
    assert played.requests[0].headers["Last-Event-ID"] == "9"


def test_following_ends_in_time_and_when_nobody_answers(played: Played, client: Any) -> None:
    played.answers = [lambda _request: streamed(told("status", 1))]
    with pytest.raises(WaitTimeout, match=r"not ended after 0\.3 s"):
        list(client.follow(TASK, timeout=0.3))

    played.answers = [LOST]
    with pytest.raises(GatewayUnreachable, match=r"following task .* within 0\.2 s"):
        list(client.follow(TASK, patience=0.2))

    played.answers = [problem(404)]
    with pytest.raises(TaskUnknown):
        list(client.follow(TASK))


def test_who_leaves_off_following_leaves_no_connection(played: Played, client: Any) -> None:
    played.answers = [streamed(told("status", 1), told("status", 2))]

    events = client.follow(TASK)
    assert next(events).id == 1
    events.close()

    with pytest.raises(StopIteration):
        next(events)


STORED = {
    "id": TASK,
    "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    "size": 3,
    "media_type": "text/plain",
    "name": "a.txt",
    "url": f"/api/v1/artifacts/{TASK}",
}


def test_a_file_is_sent_whole_again_after_a_lost_connection(
    played: Played, client: Any, tmp_path: Path
) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"abc" * 100_000)
    sent: list[tuple[int, int]] = []
    played.answers = [LOST, httpx.Response(201, json=STORED)]

    stored = client.upload(path, media_type="text/plain", on_progress=lambda *s: sent.append(s))
    beyond = io.BytesIO(b"xxabc")
    beyond.seek(2)
    client.upload(beyond, name="b")

    assert str(stored.id) == TASK
    first, again, open_file = played.requests
    assert first.headers["Idempotency-Key"] == again.headers["Idempotency-Key"]
    assert again.content == path.read_bytes()
    assert (again.headers["Content-Length"], dict(again.url.params)) == (
        "300000",
        {"name": "a.txt"},
    )
    assert sent[-1] == (300_000, 300_000)
    assert open_file.content == b"abc"


def test_what_cannot_be_sent_twice_is_refused(played: Played, client: Any) -> None:
    reading, writing = os.pipe()
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe, pytest.raises(FileNotSendable, match="sent again"):
        client.upload(pipe)
    assert played.requests == []


def test_a_download_goes_on_where_it_broke_off_and_is_checked(
    played: Played, client: Any, tmp_path: Path
) -> None:
    etag = {"ETag": f'"{STORED["sha256"]}"'}
    played.answers = [
        httpx.Response(200, headers=etag, stream=Pieces(b"a", LOST)),
        httpx.Response(206, headers=etag, stream=Pieces(b"bc")),
    ]
    target = client.download(TASK, tmp_path / "file")

    assert target.read_bytes() == b"abc"
    assert played.requests[1].headers["Range"] == "bytes=1-"
    assert played.requests[1].headers["If-Range"] == etag["ETag"]

    played.answers = [httpx.Response(200, headers=etag, stream=Pieces(b"abd"))]
    with pytest.raises(FileDamaged):
        client.download(TASK, tmp_path / "other")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_lists_are_read_page_by_page_as_far_as_somebody_reads(played: Played, client: Any) -> None:
    pages = [{"items": [STATUS, STATUS], "next_cursor": "c"}, {"items": [], "next_cursor": "d"}]
    pages.append({"items": [STATUS], "next_cursor": None})
    played.answers = [httpx.Response(200, json=page) for page in pages]

    since = datetime(2030, 1, 1, tzinfo=UTC)
    tasks = client.tasks(state=["failed", "expired"], kind="tts.synthesize", since=since)
    first = next(tasks)
    asked = len(played.requests)

    assert (str(first.task_id), asked) == (TASK, 1)
    assert len(list(tasks)) == 2
    assert [request.url.params.get("cursor") for request in played.requests] == [None, "c", "d"]
    query = played.requests[2].url.params
    assert query.get_list("state") == ["failed", "expired"]
    assert (query["kind"], query["since"]) == ("tts.synthesize", "2030-01-01T00:00:00+00:00")


def test_a_result_is_kept_longer_and_a_task_deleted(played: Played, client: Any) -> None:
    until = "2030-02-01T00:00:00Z"
    played.answers = [
        LOST,
        httpx.Response(200, json={**STATUS, "result_expires_at": until}),
        httpx.Response(204),
        problem(404),
    ]

    kept = client.extend(TASK, days=31)
    client.delete(TASK)

    assert kept.result_expires_at.isoformat() == "2030-02-01T00:00:00+00:00"
    assert json.loads(played.requests[1].content) == {"days": 31}
    with pytest.raises(TaskUnknown):
        list(client.history(TASK))
    asked = [(request.method, request.url.path) for request in played.requests[1:]]
    task = f"/api/v1/tasks/{TASK}"
    assert asked == [("POST", f"{task}/extend"), ("DELETE", task), ("GET", f"{task}/history")]


def test_many_tasks_are_cancelled_and_started_again_by_a_filter(
    played: Played, client: Any
) -> None:
    played.answers = [httpx.Response(202, json=ACCEPTED)]

    client.cancel_all(tag="nightly")
    client.retry_all(kind="tts.synthesize")

    assert [json.loads(request.content)["filter"] for request in played.requests] == [
        {"tag": "nightly"},
        {"kind": "tts.synthesize", "state": ["failed"]},
    ]
