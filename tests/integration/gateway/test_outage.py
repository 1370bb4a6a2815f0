"""The database goes away and comes back."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import httpx
import pytest

from gateway.schema import migrate
from warren.stack.postgres import PostgresServer
from warren.testing.deadline import eventually

pytestmark = pytest.mark.postgres


@pytest.fixture
def server(own_postgres: PostgresServer) -> PostgresServer:
    return own_postgres


@pytest.fixture
def module_database_url(server: PostgresServer) -> str:
    url = server.start()
    migrate(url)
    return url


@pytest.fixture
def client(
    settings: Any,
    serve: Callable[[Any], str],
    connect: Callable[[str, str], httpx.Client],
    database: Any,
) -> httpx.Client:
    """Of a gateway of this test's own."""
    return connect(serve(settings), database.key())


def test_the_database_is_stopped_and_started_again(
    client: httpx.Client, database: Any, server: PostgresServer
) -> None:
    # Given a gateway that has accepted a task
    assert client.post("/api/v1/speech", json={"text": "before"}).status_code == 202
    # When the database stops
    server.stop()
    # Then requests are refused for the moment, quickly, by those who do not know the caller too
    for _ in range(3):
        began = time.monotonic()
        answer = client.post("/api/v1/speech", json={"text": "during"})
        assert answer.status_code == 503
        assert answer.headers["content-type"] == "application/problem+json"
        assert int(answer.headers["retry-after"]) >= 1
        assert time.monotonic() - began < 3.5
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()["missing"]) == (503, ["database", "broker"])
    assert client.get("/healthz").status_code == 200
    # And when it is back, tasks are accepted without a restart
    server.start()
    _accepted_within(client, 5)
    assert client.get("/readyz").status_code == 200
    assert {row[0]["text"] for row in database.ask("SELECT payload FROM tasks")} == {
        "before",
        "after",
    }


def test_nothing_that_was_accepted_is_lost_when_the_database_is_killed(
    client: httpx.Client, database: Any, server: PostgresServer
) -> None:
    done = Event()
    accepted: list[str] = []

    def submit_on(_: int) -> None:
        while not done.is_set():
            answer = client.post("/api/v1/speech", json={"text": "a"})
            assert answer.status_code in {202, 503}, answer.text
            if answer.status_code == 202:
                accepted.append(answer.json()["task_id"])

    # Given clients that submit without pause
    with ThreadPoolExecutor(8) as threads:
        running = [threads.submit(submit_on, number) for number in range(8)]
        # When the server is killed three times
        for _ in range(3):
            _grow(accepted)
            server.kill()
            server.start()
        _grow(accepted)
        done.set()
        for future in running:
            future.result()
    # Then everything that was answered with 202 is there, once, with its outbox row
    known = {str(row[0]) for row in database.ask("SELECT id FROM tasks")}
    issued = {str(row[0]) for row in database.ask("SELECT task_id FROM outbox")}
    assert len(accepted) == len(set(accepted))
    assert set(accepted) <= known
    assert issued == known


def _grow(accepted: list[str]) -> None:
    """Wait until more was accepted."""
    before = len(accepted)
    eventually(lambda: len(accepted) >= before + 20, within=15)


def _accepted_within(client: httpx.Client, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while client.post("/api/v1/speech", json={"text": "after"}).status_code != 202:
        assert time.monotonic() < deadline, f"nothing was accepted within {seconds} s"


def test_a_gateway_that_starts_before_the_database_serves_when_it_is_there(
    settings: Any,
    server: PostgresServer,
    serve: Callable[[Any], str],
    connect: Callable[[str, str], httpx.Client],
    database: Any,
) -> None:
    key = database.key()
    server.stop()
    client = connect(serve(settings), key)
    assert client.get("/readyz").status_code == 503
    server.start()
    _accepted_within(client, 5)
