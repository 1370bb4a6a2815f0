"""Event streams as connections: who may open them, how many, and when they end."""

import signal
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from gateway.config import GatewaySettings
from warren.testing.deadline import eventually

pytestmark = pytest.mark.postgres

Follow = Callable[..., Any]
Submit = Callable[[], Any]


@pytest.fixture
def client_of(
    settings: GatewaySettings,
    serve: Callable[[GatewaySettings], str],
    connect: Callable[[str, str], httpx.Client],
    client: httpx.Client,
) -> Callable[..., httpx.Client]:
    """A client, with the key of the others, of a gateway with settings of its own."""

    def made(**changed: Any) -> httpx.Client:
        key = client.headers["Authorization"].removeprefix("Bearer ")
        return connect(serve(settings.model_copy(update=changed)), key)

    return made


@pytest.mark.parametrize("given", ["first", "-1", "1.5", "9" * 30])
def test_an_id_that_is_none_is_refused(client: httpx.Client, submit: Submit, given: str) -> None:
    answer = client.get(submit().events, headers={"Last-Event-ID": given})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "last-event-id"


def test_an_unknown_task_has_no_events(client: httpx.Client) -> None:
    answer = client.get("/api/v1/tasks/01900000-0000-7000-8000-000000000000/events")

    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


def test_a_stream_on_which_nothing_happens_is_kept_alive(
    client_of: Callable[..., httpx.Client], submit: Submit, follow: Follow
) -> None:
    task = submit()
    with follow(task.events, by=client_of(event_heartbeat=0.1, event_stream_seconds=1)) as stream:
        assert [event["event"] for event in stream.rest()] == ["progress"]

    assert stream.comments >= 3


def test_a_stream_ends_with_the_key_that_opened_it(
    client_of: Callable[..., httpx.Client],
    submit: Submit,
    follow: Follow,
    database: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gateway.authentication.CACHE_SECONDS", 0.2)
    task = submit()
    # Given a stream that goes on, as nothing ends its task
    with follow(task.events, by=client_of(event_heartbeat=0.1)) as stream:
        # When the key is revoked, Then it ends long before its time
        database.ask("UPDATE api_keys SET revoked_at = now()")
        assert [event["event"] for event in stream.rest()] == ["progress"]


def test_a_key_has_so_many_streams_and_gives_them_back(
    client_of: Callable[..., httpx.Client], submit: Submit, follow: Follow
) -> None:
    task, client = submit(), client_of(event_streams_per_key=2)
    with follow(task.events, by=client), follow(task.events, by=client):
        refused = client.get(task.events)

    assert (refused.status_code, refused.headers["retry-after"]) == (429, "5")
    assert refused.json()["type"] == "urn:warren:problem:too-many-streams"

    # A client that has gone makes room for another.
    def opens() -> bool:
        with client.stream("GET", task.events) as answer:
            return answer.status_code == 200

    eventually(opens)


def test_a_full_process_says_so(
    client_of: Callable[..., httpx.Client], submit: Submit, follow: Follow
) -> None:
    task, client = submit(), client_of(event_streams=1)
    with follow(task.events, by=client):
        refused = client.get(task.events)

    assert (refused.status_code, refused.json()["type"]) == (
        503,
        "urn:warren:problem:no-stream-free",
    )


def test_a_task_that_is_deleted_ends_its_streams(
    submit: Submit, follow: Follow, database: Any
) -> None:
    task = submit()
    with follow(task.events) as stream:
        stream.next()
        database.ask("DELETE FROM tasks")
        assert stream.rest() == []


def test_whoever_loses_a_killed_gateway_goes_on_at_another_without_a_gap(
    gateway_process: Callable[..., Any],
    connect: Callable[[str, str], httpx.Client],
    client: httpx.Client,
    submit: Submit,
    follow: Follow,
) -> None:
    task = submit()
    key = client.headers["Authorization"].removeprefix("Bearer ")
    heard: list[tuple[int, str]] = []
    with (
        gateway_process() as (url, process),
        follow(task.events, by=connect(url, key)) as stream,
    ):
        # Given a client that has heard a part of what was recorded
        task.record(task.processing(), task.part(1))
        while len(heard) < 2:
            _note(stream.next(), heard)
        # When its gateway is killed while more is recorded
        process.send_signal(signal.SIGKILL)
        task.record(task.part(2))
        with pytest.raises(httpx.TransportError):
            stream.rest()
    task.record(task.part(3))
    with follow(task.events, heard[-1][0]) as stream:
        task.record(task.part(4), task.succeeded())
        for event in stream.rest():
            _note(event, heard)
    # Then each recorded event was heard once, in its order
    assert heard == [
        (1, "status"),
        *((number, "part") for number in (2, 3, 4, 5)),
        (6, "result"),
    ]


def _note(event: dict[str, Any], heard: list[tuple[int, str]]) -> None:
    if "id" in event:
        heard.append((event["id"], event["event"]))
