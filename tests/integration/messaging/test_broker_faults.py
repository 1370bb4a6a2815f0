"""The broker is killed, restarted, short of memory, or impatient."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from typing import Any

import pika
import pytest

from warren.messaging.consumer import QueueConsumer
from warren.messaging.publisher import Publisher
from warren.messaging.topology import STATUS_QUEUE
from warren.stack.rabbitmq import RabbitMQNode
from warren.testing.deadline import eventually
from warren.testing.publishing import publish_confirmed
from warren.testing.rabbitmq import write_registers

pytestmark = pytest.mark.rabbitmq

QUEUE = "test.default"


@pytest.fixture
def own_publisher(
    start_publisher: Callable[..., Publisher], own_amqp_url: str, rabbitmq_node: RabbitMQNode
) -> Publisher:
    """A publisher on the test's own node, connected, with queues that survive a crash."""
    publisher = start_publisher(url=own_amqp_url, timeout=60.0)
    publisher.ensure_queue(QUEUE)
    publish_confirmed(publisher, STATUS_QUEUE, b"warm")
    write_registers(rabbitmq_node)
    return publisher


@pytest.fixture
def own_channel(own_amqp_url: str) -> Iterator[Callable[[], Any]]:
    """Opens a plain channel on the test's own node, whenever it is called."""
    connections: list[Any] = []

    def open_channel() -> Any:
        connections.append(pika.BlockingConnection(pika.URLParameters(own_amqp_url)))
        return connections[-1].channel()

    yield open_channel
    for connection in connections:
        if connection.is_open:
            connection.close()


def _bodies(channel: Any, queue: str) -> set[bytes]:
    taken: set[bytes] = set()
    for method, _, body in channel.consume(queue, auto_ack=True, inactivity_timeout=1):
        if method is None:
            break
        taken.add(body)
    channel.cancel()
    return taken


def test_no_confirmed_message_is_lost_when_the_broker_is_killed_mid_flight(
    rabbitmq_node: RabbitMQNode, own_publisher: Publisher, own_channel: Callable[[], Any]
) -> None:
    # Given ten thousand messages on their way
    bodies = [str(n).encode() for n in range(10_000)]
    futures: list[Future[None]] = [own_publisher.publish(QUEUE, body) for body in bodies]
    eventually(futures[200].done, within=20)
    # When the broker is killed, and started again
    rabbitmq_node.kill()
    assert not futures[-1].done()
    rabbitmq_node.start()
    # Then every future has its answer, and what was confirmed is there
    assert not wait(futures, timeout=60).not_done
    confirmed = {
        body for body, future in zip(bodies, futures, strict=True) if future.exception() is None
    }
    assert len(confirmed) == 10_000
    assert confirmed <= _bodies(own_channel(), QUEUE)


def test_a_queue_made_just_before_a_crash_works_afterwards(
    rabbitmq_node: RabbitMQNode, own_publisher: Publisher, own_channel: Callable[[], Any]
) -> None:
    # Given a broker that is killed as soon as it has confirmed the first message of a new queue
    own_publisher.ensure_queue("brand.new")
    publish_confirmed(own_publisher, "brand.new", b"first")
    rabbitmq_node.kill()
    # When it is back
    rabbitmq_node.start()
    # Then the queue takes messages, whether or not it still has its first
    publish_confirmed(own_publisher, "brand.new", b"second", within=60)
    assert b"second" in _bodies(own_channel(), "brand.new")


def test_publisher_and_consumer_resume_within_seconds_of_the_broker(
    rabbitmq_node: RabbitMQNode,
    own_publisher: Publisher,
    own_amqp_url: str,
    start_consumer: Callable[..., QueueConsumer],
) -> None:
    # Given a consumer that holds two deliveries when the broker is killed
    consumer = start_consumer({QUEUE: 10}, url=own_amqp_url)
    publish_confirmed(own_publisher, QUEUE, b"acked late", b"never taken")
    eventually(lambda: len(consumer.untaken()) == 2)
    held = consumer.get(10)
    assert held is not None
    rabbitmq_node.kill()
    eventually(lambda: not consumer.connected)
    assert not consumer.is_current(held)
    # When it comes back
    rabbitmq_node.start()
    consumer.ack(held)
    # Then both deliveries come again (the late ack went nowhere), and a new message too
    publish_confirmed(own_publisher, QUEUE, b"new")
    again = [consumer.get(10) for _ in range(3)]
    assert sorted(d.body for d in again if d) == [b"acked late", b"never taken", b"new"]


def test_a_consumer_that_takes_too_long_gets_its_message_again(
    rabbitmq_node: RabbitMQNode,
    own_publisher: Publisher,
    own_amqp_url: str,
    start_consumer: Callable[..., QueueConsumer],
) -> None:
    # Given a broker that waits two seconds for an ack, and only channels opened now know it
    rabbitmq_node.control("eval", "application:set_env(rabbit, consumer_timeout, 2000).")
    consumer = start_consumer({QUEUE: 1, "test.low": 1}, url=own_amqp_url)
    eventually(lambda: consumer.connected)
    publish_confirmed(own_publisher, QUEUE, b"slow")
    slow = consumer.get(10)
    assert slow is not None
    # When it is not acked in time
    eventually(lambda: not consumer.is_current(slow), within=20)
    # Then it is delivered again, counted, and the late ack does no harm
    consumer.ack(slow)
    again = consumer.get(10)
    assert again is not None
    assert (again.body, again.delivery_count) == (b"slow", 1)
    consumer.ack(again)
    rabbitmq_node.control("eval", "application:set_env(rabbit, consumer_timeout, 1800000).")


def test_a_broker_without_memory_is_waited_for(
    rabbitmq_node: RabbitMQNode, own_publisher: Publisher
) -> None:
    # Given a broker that blocks publishers
    rabbitmq_node.control("set_vm_memory_high_watermark", "0.000001")
    # When messages are published
    futures = [own_publisher.publish(QUEUE, bytes(1000)) for _ in range(100)]
    eventually(lambda: not own_publisher.connected)
    # Then none is confirmed until it has memory again
    assert not futures[-1].done()
    rabbitmq_node.control("set_vm_memory_high_watermark", "0.4")
    assert not wait(futures, timeout=20).not_done
    assert own_publisher.connected


def test_the_client_survives_a_forced_close_of_its_connections(
    rabbitmq_node: RabbitMQNode,
    own_publisher: Publisher,
    own_amqp_url: str,
    start_consumer: Callable[..., QueueConsumer],
) -> None:
    # Given a publisher in full swing and a consumer, whose connections the broker closes
    consumer = start_consumer({QUEUE: 100}, url=own_amqp_url)
    eventually(lambda: consumer.connected)
    first = [own_publisher.publish(QUEUE, str(n).encode()) for n in range(3000)]
    rabbitmq_node.control("close_all_connections", "maintenance")
    second = [own_publisher.publish(QUEUE, str(n).encode()) for n in range(3000, 6000)]
    # When everything has been consumed
    assert not wait(first + second, timeout=60).not_done
    seen: set[bytes] = set()
    while len(seen) < 6000:
        batch = consumer.get_batch(limit=500, timeout=10)
        assert batch
        seen |= {delivery.body for delivery in batch}
        consumer.ack_many(batch)
    # Then no message is missing
    assert len(seen) == 6000
