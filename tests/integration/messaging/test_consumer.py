"""The consumer: taking, settling, and what the broker makes of it."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from warren.messaging.consumer import Delivery, QueueConsumer
from warren.messaging.publisher import Publisher
from warren.messaging.topology import DEAD_QUEUE, STATUS_QUEUE
from warren.testing.deadline import eventually
from warren.testing.publishing import publish_confirmed

pytestmark = pytest.mark.rabbitmq

Start = Callable[..., QueueConsumer]
QUEUE = "test.default"


def _publish(publisher: Publisher, *bodies: bytes, queue: str = QUEUE) -> None:
    publisher.ensure_queue(queue)
    publish_confirmed(publisher, queue, *bodies, message_id="m")


def _count(channel: Any, queue: str) -> int:
    return int(channel.queue_declare(queue, passive=True).method.message_count)


def test_a_delivery_shows_body_properties_and_count(
    publisher: Publisher, start_consumer: Start
) -> None:
    # Given a message
    _publish(publisher, b"hello")
    # When it is consumed
    delivery = start_consumer({QUEUE: 10}).get(timeout=10)
    # Then nothing of it is hidden
    assert delivery is not None
    assert (delivery.queue, delivery.body, delivery.properties.message_id) == (QUEUE, b"hello", "m")
    assert (delivery.redelivered, delivery.delivery_count) == (False, 0)


def test_an_acked_message_is_gone_and_another_is_not(
    publisher: Publisher, start_consumer: Start, channel: Any
) -> None:
    # Given two messages, of which one is acked
    _publish(publisher, b"done", b"not done")
    consumer = start_consumer({QUEUE: 10})
    first, second = consumer.get(10), consumer.get(10)
    assert first is not None
    assert second is not None
    consumer.ack(first)
    # When the consumer closes
    consumer.close(timeout=5)
    # Then the other is back in its queue
    eventually(lambda: _count(channel, QUEUE) == 1)
    assert channel.basic_get(QUEUE, auto_ack=True)[2] == b"not done"


def test_a_requeued_message_comes_again_and_is_counted(
    publisher: Publisher, start_consumer: Start
) -> None:
    # Given a message that is given back twice
    _publish(publisher, b"again")
    consumer = start_consumer({QUEUE: 1})
    for count in (0, 1):
        delivery = consumer.get(10)
        assert delivery is not None
        assert delivery.delivery_count == count
        consumer.requeue(delivery)
    # When it comes the third time
    third = consumer.get(10)
    # Then it tells its history
    assert third is not None
    assert third.redelivered
    assert third.delivery_count == 2


def test_a_rejected_message_is_a_dead_letter(
    publisher: Publisher, start_consumer: Start, channel: Any
) -> None:
    # Given a message that is rejected
    _publish(publisher, b"broken")
    consumer = start_consumer({QUEUE: 10})
    delivery = consumer.get(10)
    assert delivery is not None
    consumer.reject(delivery)
    # Then it is among the dead letters, with its origin
    eventually(lambda: _count(channel, DEAD_QUEUE) == 1)
    _, properties, body = channel.basic_get(DEAD_QUEUE, auto_ack=True)
    assert body == b"broken"
    assert properties.headers["x-first-death-queue"] == QUEUE


def test_a_batch_has_what_is_at_hand_and_one_call_acks_it(
    publisher: Publisher, start_consumer: Start, channel: Any
) -> None:
    # Given a hundred messages
    _publish(publisher, *[str(n).encode() for n in range(100)], queue=STATUS_QUEUE)
    consumer = start_consumer({STATUS_QUEUE: 500})
    # When they are taken in batches
    taken: list[bytes] = []
    while len(taken) < 100:
        batch = consumer.get_batch(limit=30, timeout=10)
        assert 0 < len(batch) <= 30
        taken += [delivery.body for delivery in batch]
        consumer.ack_many(batch)
    # Then all came in order and none is left
    assert taken == [str(n).encode() for n in range(100)]
    consumer.close(timeout=5)
    assert _count(channel, STATUS_QUEUE) == 0


def test_settling_out_of_order_settles_each_message_once(
    publisher: Publisher, start_consumer: Start, channel: Any
) -> None:
    # Given a hundred deliveries
    _publish(publisher, *[str(n).encode() for n in range(100)])
    consumer = start_consumer({QUEUE: 200})
    eventually(lambda: len(consumer.untaken()) == 100)
    deliveries = consumer.get_batch(limit=100, timeout=10)
    # When they are acked from the last to the first, some of them twice, the first one requeued
    consumer.requeue(deliveries[0])
    for delivery in reversed(deliveries[1:]):
        consumer.ack(delivery)
    consumer.ack_many(deliveries[1:50])
    # Then just the first one comes again
    again = consumer.get(10)
    assert again is not None
    assert again.body == b"0"
    consumer.close(timeout=5)
    eventually(lambda: _count(channel, QUEUE) == 1)


def test_the_first_queue_is_served_first(publisher: Publisher, start_consumer: Start) -> None:
    # Given messages in two queues, all of them delivered
    _publish(publisher, *[b"low"] * 20, queue="test.low")
    _publish(publisher, *[b"critical"] * 10, queue="test.critical")
    consumer = start_consumer({"test.critical": 50, "test.low": 50})
    eventually(lambda: len(consumer.untaken()) == 30)
    # When they are taken
    order = [delivery.body for delivery in consumer.get_batch(limit=30, timeout=10)]
    # Then the critical ones come first
    assert order[:10] == [b"critical"] * 10


def test_a_consumer_declares_the_queue_it_waits_for(
    start_consumer: Start, publisher: Publisher
) -> None:
    # Given a consumer of a queue that did not exist
    consumer = start_consumer({"new.default": 10})
    eventually(lambda: consumer.connected)
    # When somebody publishes to it
    publish_confirmed(publisher, "new.default", b"{}")
    # Then it arrives
    assert consumer.get(10) is not None


def test_a_deleted_queue_is_declared_and_consumed_again(
    publisher: Publisher, start_consumer: Start, channel: Any
) -> None:
    # Given a consumer whose queue is deleted
    _publish(publisher, b"before")
    consumer = start_consumer({QUEUE: 10})
    old = consumer.get(10)
    assert old is not None
    channel.queue_delete(QUEUE)
    eventually(lambda: not consumer.is_current(old))
    # When something is published to it afterwards
    _publish(publisher, b"after")
    # Then it arrives, and settling what came before does no harm
    consumer.ack(old)
    delivery = consumer.get(10)
    assert delivery is not None
    assert delivery.body == b"after"


def test_stopping_gives_back_what_nobody_has_taken(
    publisher: Publisher, start_consumer: Start, channel: Any
) -> None:
    # Given ten deliveries, of which one was taken
    _publish(publisher, *[b"x"] * 10)
    consumer = start_consumer({QUEUE: 10})
    eventually(lambda: len(consumer.untaken()) == 10)
    taken = consumer.get(10)
    assert taken is not None
    # When consuming is stopped
    consumer.stop_consuming()
    # Then nine are back in the queue, and the tenth can still be acked
    eventually(lambda: _count(channel, QUEUE) == 9)
    assert consumer.get(timeout=0.2) is None
    consumer.ack(taken)
    consumer.close(timeout=5)
    assert _count(channel, QUEUE) == 9


def test_a_waiting_thread_wakes_when_consuming_stops(start_consumer: Start) -> None:
    # Given a thread that waits for a message
    consumer = start_consumer({QUEUE: 10})
    answers: list[object] = []
    thread = threading.Thread(target=lambda: answers.append(consumer.get(timeout=60)))
    thread.start()
    # When consuming is stopped
    started = time.monotonic()
    consumer.stop_consuming()
    thread.join(20)
    # Then it has its answer long before its minute is over
    assert answers == [None]
    assert time.monotonic() - started < 20


def test_the_prefetch_follows_without_a_failed_delivery(
    publisher: Publisher, start_consumer: Start
) -> None:
    # Given a consumer with a prefetch of two and many messages
    _publish(publisher, *[str(n).encode() for n in range(500)])
    consumer = start_consumer({QUEUE: 2})
    eventually(lambda: len(consumer.untaken()) == 2)
    # When more is wanted
    consumer.set_prefetch(QUEUE, 100)
    deliveries: list[Delivery] = []
    most_at_hand = 0
    while len(deliveries) < 500:
        most_at_hand = max(most_at_hand, len(consumer.untaken()))
        delivery = consumer.get(10)
        assert delivery is not None
        deliveries.append(delivery)
        if len(deliveries) % 2 == 0 or len(deliveries) > 100:
            consumer.ack_many(deliveries[-2:])
    # Then more is at hand, and every message came exactly once
    assert most_at_hand > 20
    assert sorted(int(d.body) for d in deliveries) == list(range(500))
    assert not any(d.redelivered for d in deliveries)


def test_a_consumer_closes_in_any_state(amqp_url: str) -> None:
    # Given one that never started, one that has just started, and one without a broker
    unborn = QueueConsumer(amqp_url, {QUEUE: 1}, name="unborn")
    young = QueueConsumer(amqp_url, {QUEUE: 1}, name="young")
    lonely = QueueConsumer("amqp://guest:guest@127.0.0.1:1/%2F", {QUEUE: 1}, name="lonely")
    young.start()
    lonely.start()
    # When they are closed
    started = time.monotonic()
    for consumer in (unborn, young, lonely):
        consumer.close(timeout=30)
        consumer.close(timeout=30)
    # Then none waits until its patience is over
    assert time.monotonic() - started < 20
