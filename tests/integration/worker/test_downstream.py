"""What a service calls is asked whether it answers, and told of whatever it does."""

import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from warren.contracts.kinds import BeatDownstream
from warren.stack.ports import free_port
from warren.testing.deadline import eventually
from warren.worker.downstream import Downstream, DownstreamWatch

PATIENCE = 2.0
#: Where an answer is waited for in vain.
_LITTLE = 0.3


class Neighbour(ThreadingHTTPServer):
    """Answers every call as it is told to."""

    daemon_threads = True
    status, delay = 200, 0.0


class _Answers(BaseHTTPRequestHandler):
    server: Neighbour

    def do_GET(self) -> None:
        time.sleep(self.server.delay)
        wanted = self.headers.get("Authorization", "Bearer right")
        self.send_response(self.server.status if wanted == "Bearer right" else 401)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def neighbour() -> Iterator[Neighbour]:
    server = Neighbour(("127.0.0.1", 0), _Answers)
    thread = Thread(target=server.serve_forever, args=[0.05], daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.fixture
def watch() -> Iterator[Callable[..., DownstreamWatch]]:
    """Ask one downstream every moment, until the end of the test."""
    running: list[DownstreamWatch] = []

    def watched(port: int, token: str | None = None, patience: float = PATIENCE) -> DownstreamWatch:
        asked = Downstream.with_token("chatbot", f"http://127.0.0.1:{port}/readyz", token)
        running.append(DownstreamWatch("sync", [asked], interval=0.05, patience=patience))
        running[-1].start()
        return running[-1]

    yield watched
    for each in running:
        each.stop()


def _problem(watch: DownstreamWatch) -> str | None:
    (told,) = eventually(watch.told)
    return told.problem


def _is_up(watch: DownstreamWatch) -> float:
    ((sample,),) = [family.samples for family in watch.collect()]
    assert sample.labels == {"service": "sync", "downstream": "chatbot"}
    return sample.value


def test_one_that_answers_is_up_with_its_latency_also_when_it_knows_no_such_page(
    neighbour: Neighbour, watch: Callable[..., DownstreamWatch]
) -> None:
    neighbour.status = 404

    watched = watch(neighbour.server_port, "right")

    eventually(lambda: _problem(watched) is None, seen=watched.told)
    (told,) = watched.told()
    assert (told.name, told.latency_ms > 0) == ("chatbot", True)
    assert _is_up(watched) == 1


@pytest.mark.parametrize(
    ("status", "delay", "token", "problem"),
    [
        (503, 0.0, None, "answers 503"),
        (200, 2 * _LITTLE, None, f"has not answered within {_LITTLE:g} s"),
        (200, 0.0, "wrong", "refuses the credentials that it is shown (401)"),
    ],
)
def test_one_that_is_ill_or_slow_or_refuses_us_is_down_until_it_is_well(
    neighbour: Neighbour,
    watch: Callable[..., DownstreamWatch],
    status: int,
    delay: float,
    token: str | None,
    problem: str,
) -> None:
    neighbour.status, neighbour.delay = status, delay
    watched = watch(neighbour.server_port, token, _LITTLE if delay else PATIENCE)
    eventually(lambda: _problem(watched) == problem, seen=watched.told)
    assert _is_up(watched) == 0

    if token is None:
        neighbour.status, neighbour.delay = 200, 0.0
        eventually(lambda: _problem(watched) is None, seen=watched.told)


def test_one_that_is_not_there_is_down_and_says_how(
    watch: Callable[..., DownstreamWatch],
) -> None:
    watched = watch(free_port())

    refused = "is not reached: ConnectionRefusedError"
    eventually(lambda: str(_problem(watched)).startswith(refused), seen=watched.told)


def test_a_service_that_calls_nobody_says_nothing() -> None:
    watched = DownstreamWatch("tts", [])
    watched.start()

    told: list[BeatDownstream] = watched.told()
    assert told == []
