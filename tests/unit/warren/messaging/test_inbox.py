"""The inbox: order of service, batches, and the floor for the lower lanes."""

import threading

import pika

from warren.messaging.delivery import Delivery
from warren.messaging.inbox import Inbox
from warren.messaging.lane_order import FLOOR


def _delivery(queue: str, tag: int = 0) -> Delivery:
    return Delivery(queue, b"", pika.BasicProperties(), False, 0, 1, tag)


def _inbox(**counts: int) -> Inbox:
    inbox = Inbox(list(counts))
    for queue, count in counts.items():
        for tag in range(count):
            inbox.put(_delivery(queue, tag))
    return inbox


def _order(inbox: Inbox, count: int) -> list[str]:
    return [inbox.take(1, timeout=0)[0].queue for _ in range(count)]


def test_the_first_queue_is_emptied_first() -> None:
    # Given deliveries in three queues
    inbox = _inbox(critical=2, default=2, low=2)
    # Then they are handed out queue by queue
    assert _order(inbox, 6) == ["critical"] * 2 + ["default"] * 2 + ["low"] * 2


def test_lower_queues_do_not_starve() -> None:
    # Given a queue that never runs dry, and two others
    inbox = _inbox(critical=10 * FLOOR, default=20, low=20)
    # When many are taken
    order = _order(inbox, 4 * FLOOR)
    # Then each of the lower ones had one turn in twenty, and no more
    assert (order.count("default"), order.count("low")) == (4, 4)


def test_within_a_queue_the_order_is_kept() -> None:
    # Given five deliveries of one queue
    inbox = _inbox(default=5)
    # Then they come as they arrived
    assert [delivery.tag for delivery in inbox.take(10, timeout=0)] == [0, 1, 2, 3, 4]


def test_a_batch_is_no_larger_than_asked_for() -> None:
    # Given five deliveries
    inbox = _inbox(default=5)
    # Then they can be had in pieces
    assert [len(inbox.take(2, timeout=0)) for _ in range(4)] == [2, 2, 1, 0]


def test_what_a_lost_channel_brought_is_forgotten() -> None:
    # Given deliveries of two queues, one of whose channels is lost
    inbox = _inbox(critical=3, default=1)
    inbox.discard("critical")
    # Then only the other's are left
    assert [delivery.queue for delivery in inbox.take(10, timeout=0)] == ["default"]


def test_closing_returns_the_rest_and_wakes_who_waits() -> None:
    # Given a thread that waits at an empty inbox
    inbox = _inbox(default=0)
    answers: list[list[Delivery]] = []
    thread = threading.Thread(target=lambda: answers.append(inbox.take(1, timeout=30)))
    thread.start()
    # When the inbox is closed
    assert inbox.close() == []
    thread.join(10)
    # Then the thread has nothing, and nothing more is taken in
    assert answers == [[]]
    assert not inbox.put(_delivery("default"))


def test_closing_hands_back_what_nobody_took() -> None:
    # Given two deliveries
    inbox = _inbox(critical=1, default=1)
    # When the inbox is closed, twice
    left = inbox.close()
    # Then it gives them back once
    assert [delivery.queue for delivery in left] == ["critical", "default"]
    assert inbox.close() == []
    assert inbox.take(1, timeout=0) == []
