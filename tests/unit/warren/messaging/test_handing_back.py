"""What a copy says about its original, and when the original may go."""

import uuid
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime
from typing import Any

import orjson
import pika
import pytest

from warren.contracts.message import Dispatch, JobMessage, JobOptions
from warren.errors import Unavailable
from warren.messaging.delivery import Delivery
from warren.messaging.handing_back import HandingBack


class _Consumer:
    def __init__(self) -> None:
        self.settled: list[str] = []
        self.current = True

    def is_current(self, delivery: Delivery) -> bool:
        return self.current

    def ack_many(self, deliveries: Iterable[Delivery]) -> None:
        self.settled += ["ack" for _ in deliveries]

    def requeue(self, delivery: Delivery) -> None:
        self.settled.append("requeue")


class _Queue:
    def __init__(self) -> None:
        self.published: list[tuple[str, bytes, str]] = []
        self.confirm: Future[None] = Future()
        self.announced: list[str] = []
        self.known: Future[None] = Future()
        self.known.set_result(None)

    def publish(self, queue: str, body: bytes, message_id: str) -> "Future[None]":
        self.published.append((queue, body, message_id))
        return self.confirm

    def announce(self, jobs: Sequence[JobMessage]) -> "Future[None]":
        assert not self.published
        self.announced += [str(job.dispatch) for job in jobs]
        return self.known


@pytest.fixture
def consumer() -> _Consumer:
    return _Consumer()


@pytest.fixture
def queue() -> _Queue:
    return _Queue()


@pytest.fixture
def returning(consumer: Any, queue: _Queue) -> HandingBack:
    return HandingBack(consumer, queue.publish, queue.announce)


def _delivery(count: int, deliveries: int = 0, body: bytes | None = None) -> Delivery:
    options = JobOptions(customer_id=uuid.uuid4(), deliveries=deliveries)
    job = JobMessage(Dispatch(uuid.uuid4(), 1, 1), "test.job", "test.low", {"n": 1}, options)
    raw = orjson.loads(job.encode(datetime.now(UTC)))
    raw["options"]["added_later"] = "kept"
    properties = pika.BasicProperties(message_id=raw["message_id"])
    content = orjson.dumps(raw) if body is None else body
    return Delivery("test.low", content, properties, count > 0, count, 0, 1)


@pytest.mark.parametrize(("count", "before", "after"), [(0, 0, 0), (1, 0, 1), (1, 2, 3), (0, 2, 2)])
def test_the_copy_counts_the_deliveries_without_an_answer_and_not_this_one(
    returning: HandingBack, queue: _Queue, count: int, before: int, after: int
) -> None:
    delivery = _delivery(count, before)
    returning.give([delivery])

    ((name, body, message_id),) = queue.published
    original, copy = orjson.loads(delivery.body), orjson.loads(body)
    assert copy["options"].pop("deliveries") == after
    original["options"].pop("deliveries")
    assert (name, message_id, copy) == ("test.low", original["message_id"], original)


def test_the_original_goes_only_when_the_copy_is_confirmed(
    returning: HandingBack, queue: _Queue, consumer: _Consumer
) -> None:
    returning.give([_delivery(0)])
    assert returning.wait(0) == 1
    assert consumer.settled == []

    queue.confirm.set_result(None)

    assert consumer.settled == ["ack"]
    assert returning.wait(0) == 0


def test_a_copy_that_is_not_confirmed_leaves_the_original_to_the_broker(
    returning: HandingBack, queue: _Queue, consumer: _Consumer
) -> None:
    returning.give([_delivery(0)])
    queue.confirm.set_exception(Unavailable("no broker"))

    assert consumer.settled == ["requeue"]
    assert returning.wait(0) == 1


def test_what_the_broker_delivers_again_anyway_is_not_copied(
    returning: HandingBack, queue: _Queue, consumer: _Consumer
) -> None:
    consumer.current = False
    returning.give([_delivery(0)])

    assert queue.published == []


def test_what_cannot_be_read_is_left_to_whoever_gets_it_next(
    returning: HandingBack, consumer: _Consumer
) -> None:
    returning.give([_delivery(0, body=b"{}")])

    assert consumer.settled == ["requeue"]


def test_it_is_announced_before_the_copies_and_no_original_goes_before_the_answer(
    returning: HandingBack, queue: _Queue, consumer: _Consumer
) -> None:
    queue.known = Future()
    queue.confirm.set_result(None)
    returning.give([_delivery(0), _delivery(0)])
    assert queue.announced == [message_id for _, _, message_id in queue.published]
    assert consumer.settled == []

    queue.known.set_result(None)

    assert consumer.settled == ["ack", "ack"]
    assert returning.wait(0) == 0


def test_an_announcement_that_fails_keeps_nothing_back(
    returning: HandingBack, queue: _Queue, consumer: _Consumer
) -> None:
    queue.known = Future()
    queue.confirm.set_result(None)
    returning.give([_delivery(0)])

    queue.known.set_exception(Unavailable("no broker"))

    assert consumer.settled == ["ack"]
    assert returning.wait(0) == 0


def test_all_of_a_group_are_acked_at_once_when_the_last_copy_is_confirmed(
    consumer: Any, queue: _Queue
) -> None:
    confirms: list[Future[None]] = []

    def publish(_queue: str, _body: bytes, _message_id: str) -> "Future[None]":
        confirms.append(Future())
        return confirms[-1]

    returning = HandingBack(consumer, publish, queue.announce)
    returning.give([_delivery(0), _delivery(0), _delivery(0)])

    for confirm in confirms[::-1]:
        assert consumer.settled == []
        confirm.set_result(None)
    assert consumer.settled == ["ack"] * 3
    assert returning.wait(0) == 0
