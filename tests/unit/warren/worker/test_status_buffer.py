"""Statuses travel together, in order, and nobody waits long."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future

import pytest

from warren.contracts.ids import new_id
from warren.contracts.status import split_statuses
from warren.errors import Unavailable
from warren.worker.job_run import Run
from warren.worker.reporting import StatusMaker
from warren.worker.status_buffer import MAX_STATUSES, StatusBuffer
from warren.worker.verdict import Success

STATUSES = StatusMaker("host-1-2")


class _Publisher:
    """Keeps messages and confirms them when told to."""

    def __init__(self) -> None:
        self.sent: list[tuple[float, bytes, Future[None]]] = []
        self.arrived = threading.Condition()

    def __call__(self, body: bytes) -> "Future[None]":
        future: Future[None] = Future()
        with self.arrived:
            self.sent.append((time.monotonic(), body, future))
            self.arrived.notify_all()
        return future

    def wait_for(self, count: int) -> list[list[str]]:
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.sent) >= count, 5)
            return [[s["type"] for s in split_statuses(body)] for _, body, _ in self.sent]


@pytest.fixture
def publisher() -> _Publisher:
    return _Publisher()


@pytest.fixture
def buffer(publisher: _Publisher) -> Iterator[StatusBuffer]:
    buffer = StatusBuffer(publisher)
    buffer.start()
    yield buffer
    buffer.close(5)


def _run() -> Run:
    return Run(new_id(), new_id(), 1, 1, 1, new_id(), "test.x", 1, {}, repeated=False)


def test_start_and_outcome_of_a_short_job_share_a_message(
    publisher: _Publisher, buffer: StatusBuffer
) -> None:
    run = _run()
    buffer.add(STATUSES.processing(run))
    buffer.add(STATUSES.succeeded(run, Success(1), 0.0))

    assert publisher.wait_for(1) == [["task.processing", "task.succeeded"]]


def test_the_start_of_a_long_job_is_not_held_back(
    publisher: _Publisher, buffer: StatusBuffer
) -> None:
    added = time.monotonic()
    buffer.add(STATUSES.processing(_run()))

    assert publisher.wait_for(1) == [["task.processing"]]
    assert publisher.sent[0][0] - added < 0.02 + 0.1  # the second: a busy test machine


def test_an_outcome_is_done_only_when_its_message_is_confirmed(
    publisher: _Publisher, buffer: StatusBuffer
) -> None:
    outcome = buffer.add(STATUSES.succeeded(_run(), Success(1), 0.0))
    publisher.wait_for(1)

    assert not outcome.done()
    publisher.sent[0][2].set_result(None)
    assert outcome.result(5) is None


def test_every_status_of_a_refused_message_fails(
    publisher: _Publisher, buffer: StatusBuffer
) -> None:
    run = _run()
    futures = [
        buffer.add(STATUSES.processing(run)),
        buffer.add(STATUSES.succeeded(run, Success(1), 0.0)),
    ]
    publisher.wait_for(1)
    publisher.sent[0][2].set_exception(Unavailable("no broker"))

    assert [type(future.exception(5)) for future in futures] == [Unavailable, Unavailable]


def test_a_status_that_cannot_be_written_fails_alone(publisher: _Publisher) -> None:
    buffer = StatusBuffer(publisher, linger=60)
    buffer.start()
    before = buffer.add(STATUSES.processing(_run()))
    unwritable = buffer.add(STATUSES.succeeded(_run(), Success({"text": "\ud800"}), 0.0))
    after = buffer.add(STATUSES.processing(_run()))
    buffer.close(5)

    assert isinstance(unwritable.exception(5), ValueError)
    assert publisher.wait_for(1) == [["task.processing", "task.processing"]]
    publisher.sent[0][2].set_result(None)
    assert (before.result(5), after.result(5)) == (None, None)


def test_many_statuses_travel_in_few_messages_in_their_order(
    publisher: _Publisher, buffer: StatusBuffer
) -> None:
    runs = [_run() for _ in range(3 * MAX_STATUSES)]
    for run in runs:
        buffer.add(STATUSES.succeeded(run, Success(1), 0.0))
    buffer.close(5)

    bodies = [body for _, body, _ in publisher.sent]
    ids = [status["task_id"] for body in bodies for status in split_statuses(body)]
    assert ids == [str(run.task_id) for run in runs]
    assert len(bodies) < len(runs) / 5


def test_closing_sends_what_is_left_and_refuses_what_follows(publisher: _Publisher) -> None:
    buffer = StatusBuffer(publisher, linger=60)
    buffer.start()
    buffer.add(STATUSES.processing(_run()))

    buffer.close(5)

    assert publisher.wait_for(1) == [["task.processing"]]
    assert isinstance(buffer.add(STATUSES.processing(_run())).exception(1), Unavailable)


def test_a_publisher_that_raises_fails_the_statuses_not_the_thread() -> None:
    def send(_body: bytes) -> "Future[None]":
        raise RuntimeError("closed")

    buffer = StatusBuffer(send)
    buffer.start()

    assert isinstance(buffer.add(STATUSES.processing(_run())).exception(5), RuntimeError)
    assert isinstance(buffer.add(STATUSES.processing(_run())).exception(5), RuntimeError)
    buffer.close(5)
