"""A provider that asks for a pause is left alone by every worker process, old and new."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from warren.contracts.orders import ReleaseProvider
from warren.messaging.publisher import Publisher
from warren.messaging.topology import CANCELS_STREAM
from warren.testing.deadline import eventually

pytestmark = pytest.mark.rabbitmq

#: Longer than any test of this file runs, on the slowest machine.
LONG = 600
TOLD = "another worker found that a provider is to be left alone"


class Provider:
    """A server on a real socket; `answer` is what it says to the next calls."""

    def __init__(self) -> None:
        self.answer: tuple[int, dict[str, str]] = (200, {})
        self.calls = 0
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.calls += 1
                status, headers = provider.answer
                self.send_response(status)
                for name, value in {**headers, "Content-Length": "0"}.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.05])
        self._thread.start()

    def asks_for(self, seconds: int) -> None:
        """From now on it wants to be left alone."""
        self.answer = (429, {"Retry-After": str(seconds)})

    def is_well(self) -> None:
        """From now on it answers."""
        self.answer = (200, {})

    def close(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._thread.join(10)
        self._server.server_close()


@pytest.fixture
def provider() -> Iterator[Provider]:
    provider = Provider()
    yield provider
    provider.close()


def _kind(isolation: str) -> str:
    return "sample.act" if isolation == "thread" else "sample.alone"


@pytest.mark.parametrize("isolation", ["thread", "process"])
def test_another_process_makes_no_call_during_the_pause_and_spends_no_attempt(
    submit: Any, start_worker: Any, reports: Any, provider: Provider, isolation: str
) -> None:
    # Given two worker processes, each with a lane of its own
    start_worker("--concurrency", "1", "--lanes", "critical")
    other = start_worker("--concurrency", "1", "--lanes", "low")
    kind = _kind(isolation)
    # When the provider asks the one for a pause
    provider.asks_for(LONG)
    first = reports.outcome(submit("call", kind=kind, lane="critical", text=provider.url))
    # Then its task waits without having spent an attempt
    assert (first.type, first.attempt, first.data.reason) == ("task.waiting", 1, "provider_down")
    assert first.data.delay == pytest.approx(LONG, abs=1)
    assert provider.calls == 1

    # And the other, which is told of it, makes no call either
    other.wait_for_log(TOLD)
    task = submit("call", kind=kind, lane="low", text=provider.url)
    second = reports.outcome(task)
    assert (second.type, second.attempt, second.data.reason) == (
        "task.waiting",
        1,
        "provider_down",
    )
    assert LONG - 120 < second.data.delay <= LONG
    assert "asked for a pause" in second.data.error.message
    assert provider.calls == 1
    # And what it was told in dispatch 1 is so in dispatch 2: still the same attempt
    submit("call", kind=kind, lane="low", text=provider.url, task=task, dispatch=2)
    assert reports.outcome(task, count=2).attempt == 1
    assert provider.calls == 1


def test_a_worker_that_starts_later_honours_what_is_left_of_the_pause(
    submit: Any, start_worker: Any, reports: Any, provider: Provider
) -> None:
    # Given a pause that one worker was asked for, which is gone by now
    one = start_worker("--concurrency", "1")
    provider.asks_for(LONG)
    asked = time.monotonic()
    reports.outcome(submit("call", text=provider.url))
    one.kill()
    # When another starts
    start_worker("--concurrency", "1")
    elapsed = time.monotonic() - asked
    waiting = reports.outcome(submit("call", text=provider.url))
    # Then it makes no call, and its task waits for the rest
    assert waiting.type == "task.waiting"
    assert waiting.data.delay <= LONG - elapsed + 3
    assert provider.calls == 1


def test_a_job_that_is_calling_already_stops_soon(
    submit: Any, start_worker: Any, reports: Any, provider: Provider
) -> None:
    # Given a job in a slot process that calls again and again
    start_worker("--concurrency", "1", "--lanes", "low")
    start_worker("--concurrency", "1", "--lanes", "critical")
    busy = submit("call", kind="sample.alone", lane="low", text=provider.url, number=10_000)
    eventually(lambda: provider.calls > 3, within=60)
    # When a job of another process is asked for a pause
    provider.answer = (503, {"Retry-After": str(LONG)})
    reports.outcome(submit("call", lane="critical", text=provider.url))
    told = time.monotonic()
    # Then it makes no more calls, whichever of the two was answered first
    assert reports.outcome(busy).type == "task.waiting"
    assert time.monotonic() - told < 30


def test_the_pause_ends_by_itself(
    submit: Any, start_worker: Any, reports: Any, provider: Provider
) -> None:
    for lane in ("critical", "low"):
        start_worker("--concurrency", "1", "--lanes", lane)
    provider.asks_for(3)
    reports.outcome(submit("call", lane="critical", text=provider.url))
    provider.is_well()

    task, dispatches = submit("call", lane="low", text=provider.url), 1
    outcome = reports.outcome(task)
    deadline = time.monotonic() + 60
    while outcome.type == "task.waiting":
        assert time.monotonic() < deadline
        time.sleep(min(outcome.data.delay, 5))
        dispatches += 1
        submit("call", lane="low", text=provider.url, task=task, dispatch=dispatches)
        outcome = reports.outcome(task, count=dispatches)

    assert (outcome.type, outcome.attempt) == ("task.succeeded", 1)
    assert provider.calls == 2


def test_a_circuit_that_opened_in_one_process_is_open_in_all(
    submit: Any, start_worker: Any, reports: Any, provider: Provider
) -> None:
    start_worker("--concurrency", "1", "--lanes", "critical")
    other = start_worker("--concurrency", "1", "--lanes", "low")
    provider.answer = (500, {})
    # Given five failures in a row, which spend attempts, in one process
    for _ in range(5):
        outcome = reports.outcome(submit("call", lane="critical", text=provider.url))
        assert outcome.type == "task.retrying"
    other.wait_for_log(TOLD)
    # Then the other makes no call, and no attempt is spent there
    outcome = reports.outcome(submit("call", lane="low", text=provider.url))
    assert (outcome.type, outcome.data.reason) == ("task.waiting", "provider_down")
    assert provider.calls == 5


def test_a_released_provider_is_called_again_by_every_process_old_and_new(
    amqp_url: str, submit: Any, start_worker: Any, reports: Any, provider: Provider
) -> None:
    # Given a long pause that one process was asked for, and another was told of
    one = start_worker("--concurrency", "1", "--lanes", "critical")
    other = start_worker("--concurrency", "1", "--lanes", "low")
    provider.asks_for(LONG)
    reports.outcome(submit("call", kind="sample.alone", lane="critical", text=provider.url))
    other.wait_for_log(TOLD)
    # When an operator has released it
    provider.is_well()
    publisher = Publisher(amqp_url, name="relay", timeout=20)
    publisher.start()
    name = "the-provider"
    publisher.publish(
        CANCELS_STREAM, ReleaseProvider(provider=name, by="key:operator").encode()
    ).result(20)
    publisher.close(5)
    for worker in (one, other):
        worker.wait_for_log("a provider is called again")
    # Then both call it, from threads and slots, and so does one that starts later
    start_worker("--concurrency", "1", "--lanes", "default")
    for lane in ("critical", "low", "default"):
        for kind in ("sample.act", "sample.alone"):
            task = submit("call", kind=kind, lane=lane, text=provider.url)
            assert reports.outcome(task).type == "task.succeeded", (lane, kind)
