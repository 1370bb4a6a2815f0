"""Following the stream of cancellations, with a stream made of a list."""

from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, datetime
from uuid import UUID

import pytest

from warren.contracts.ids import new_id
from warren.contracts.orders import CancelTask, HoldProvider, StopWorker
from warren.messaging.errors import Unroutable
from warren.worker.cancellations import Cancellations


class FakeStream:
    """Delivers what is in it when it is started, and then what is published."""

    def __init__(self, failures: int = 0) -> None:
        self.bodies: list[bytes] = []
        self.closed = False
        self._failures = failures
        self._receive: Callable[[bytes], None] = self.bodies.append
        self._started = False

    def open(self, receive: Callable[[bytes], None]) -> "FakeStream":
        self._receive = receive
        return self

    def start(self) -> None:
        self._started = True
        for body in self.bodies:
            self._receive(body)

    def close(self, timeout: float) -> None:
        self.closed = True

    def publish(self, body: bytes) -> "Future[None]":
        future: Future[None] = Future()
        if self._failures:
            self._failures -= 1
            future.set_exception(Unroutable("no stream yet"))
            return future
        self.bodies.append(body)
        future.set_result(None)
        if self._started:
            self._receive(body)
        return future


def _order(task_id: UUID) -> bytes:
    return CancelTask(task_id=task_id, generation=1, at=datetime.now(UTC), by="key:test").encode()


def _nobody(order: StopWorker) -> None:
    raise AssertionError(f"nobody was told to stop: {order}")


def test_what_was_cancelled_before_the_start_is_known_before_the_first_job() -> None:
    # Given a stream with an order of the past
    task, told = new_id(), list[UUID]()
    stream = FakeStream()
    stream.publish(_order(task))
    cancellations = Cancellations(
        stream.open, stream.publish, lambda t, _g: told.append(t), _nobody
    )
    # When a process has replayed it
    cancellations.start()
    assert cancellations.wait_until_replayed(lambda: False)
    # Then it knows the task, and has told whoever may run it
    assert cancellations.tasks.covers(task, 1)
    assert told == [task]


def test_a_stream_that_is_not_there_yet_is_waited_for() -> None:
    stream = FakeStream(failures=2)
    cancellations = Cancellations(stream.open, stream.publish, lambda _t, _g: None, _nobody)
    cancellations.start()
    assert cancellations.wait_until_replayed(lambda: False)


def test_waiting_ends_when_the_process_is_told_to_stop() -> None:
    stream = FakeStream(failures=1_000_000)
    cancellations = Cancellations(stream.open, stream.publish, lambda _t, _g: None, _nobody)
    cancellations.start()
    answers = iter([False, True, True, True])
    assert not cancellations.wait_until_replayed(lambda: next(answers))
    cancellations.close(1)
    assert stream.closed


def test_an_order_of_a_later_release_is_left_alone() -> None:
    stream = FakeStream()
    stream.publish(b'{"type": "worker.dance"}')
    cancellations = Cancellations(stream.open, stream.publish, lambda _t, _g: None, _nobody)
    cancellations.start()
    assert len(cancellations.tasks) == 0


def test_what_is_no_order_is_an_error() -> None:
    stream = FakeStream()
    Cancellations(stream.open, stream.publish, lambda _t, _g: None, _nobody).start()
    with pytest.raises(ValueError, match="order"):
        stream.open(stream._receive)._receive(b"[]")


def test_an_order_to_stop_is_passed_on() -> None:
    stream = FakeStream()
    order = StopWorker(incarnation="host-1-1", by="key:test")
    told: list[StopWorker] = []
    cancellations = Cancellations(stream.open, stream.publish, lambda _t, _g: None, told.append)
    cancellations.start()
    stream.publish(order.encode())
    assert cancellations.wait_until_replayed(lambda: False)
    assert told == [order]


def test_a_provider_to_leave_alone_is_passed_on_also_if_it_was_said_before_the_start() -> None:
    stream, told = FakeStream(), list[HoldProvider]()
    order = HoldProvider(
        provider="speech", reason="asked", seconds=60, at=datetime.now(UTC), by="host-1-1"
    )
    stream.publish(order.encode())
    cancellations = Cancellations(
        stream.open, stream.publish, lambda _t, _g: None, _nobody, told.append
    )

    cancellations.start()
    assert cancellations.wait_until_replayed(lambda: False)

    assert told == [order]
