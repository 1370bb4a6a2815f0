"""The stream of orders: read from its beginning, then live, across everything that breaks."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pika.exceptions
import pytest

from warren.messaging.cancel_stream import CancelStream
from warren.messaging.publisher import Publisher
from warren.messaging.topology import CANCELS_STREAM
from warren.stack.rabbitmq import RabbitMQNode
from warren.testing.deadline import eventually
from warren.testing.publishing import publish_confirmed
from warren.testing.rabbitmq import DisposableNode, write_registers

pytestmark = pytest.mark.rabbitmq


class Reader:
    """A reader of the stream and what it has read."""

    def __init__(self, url: str, refuse: bytes | None = None) -> None:
        self.bodies: list[bytes] = []
        self._refuse = refuse
        self._lock = threading.Lock()
        self.stream = CancelStream(url, self._read, name="test-reader")
        self.stream.start()

    def _read(self, body: bytes) -> None:
        if body == self._refuse:
            raise ValueError("no order")
        with self._lock:
            self.bodies.append(body)


ReaderFactory = Callable[..., Reader]


@pytest.fixture
def read(amqp_url: str) -> Iterator[ReaderFactory]:
    with ExitStack() as stack:

        def start(url: str = amqp_url, refuse: bytes | None = None) -> Reader:
            reader = Reader(url, refuse)
            stack.callback(reader.stream.close, 5)
            return reader

        yield start


def _publish(publisher: Publisher, count: int, first: int = 0) -> list[bytes]:
    publisher.ensure_queue(CANCELS_STREAM)
    bodies = [b"%d" % number for number in range(first, first + count)]
    publish_confirmed(publisher, CANCELS_STREAM, *bodies, within=60)
    return bodies


def _is_there(channel: Any) -> bool:
    """Asked on a channel of its own, which the broker closes with its no."""
    try:
        channel.connection.channel().queue_declare(CANCELS_STREAM, passive=True)
    except pika.exceptions.ChannelClosedByBroker:
        return False
    return True


def test_everything_published_before_and_after_the_start_is_read_in_order(
    publisher: Publisher, read: ReaderFactory
) -> None:
    # Given orders that are older than the reader
    old = _publish(publisher, 3000)
    # When it starts, and others follow
    reader = read()
    eventually(lambda: len(reader.bodies) >= 3000)
    new = _publish(publisher, 3000, first=3000)
    # Then it reads all of them
    eventually(lambda: len(reader.bodies) >= 6000)
    assert reader.bodies == old + new


def test_every_reader_reads_everything(publisher: Publisher, read: ReaderFactory) -> None:
    # Given a reader that has read
    bodies = _publish(publisher, 10)
    first = read()
    eventually(lambda: len(first.bodies) == 10)
    # When another starts
    second = read()
    # Then nothing was taken away from it
    eventually(lambda: second.bodies == bodies)


def test_a_message_that_cannot_be_used_does_not_hide_the_next(
    publisher: Publisher, read: ReaderFactory
) -> None:
    # Given a reader that one message breaks
    reader = read(refuse=b"1")
    # When that comes, Then the others are read
    _publish(publisher, 3)
    eventually(lambda: reader.bodies == [b"0", b"2"])


def test_a_deleted_stream_is_made_again_and_read_from_its_beginning(
    publisher: Publisher, read: ReaderFactory, channel: Any
) -> None:
    # Given a reader that has come far
    _publish(publisher, 100)
    reader = read()
    eventually(lambda: len(reader.bodies) == 100)
    # When somebody deletes the stream, and orders follow
    channel.queue_delete(CANCELS_STREAM)
    # What reaches a stream while it is being deleted goes with it, and RabbitMQ 4 confirms it.
    eventually(lambda: _is_there(channel))
    new = _publish(publisher, 5, first=100)
    # Then none of them is missed
    eventually(lambda: reader.bodies[-5:] == new)


def test_a_broker_that_was_killed_is_read_on_where_it_was_left(
    rabbitmq_node: RabbitMQNode,
    own_amqp_url: str,
    start_publisher: Callable[..., Publisher],
    read: ReaderFactory,
) -> None:
    # Given a reader on a broker of its own
    publisher = start_publisher(url=own_amqp_url, timeout=60.0)
    before = _publish(publisher, 500)
    reader = read(own_amqp_url)
    eventually(lambda: len(reader.bodies) == 500)
    write_registers(rabbitmq_node)
    # When the broker is killed and started again
    rabbitmq_node.kill()
    rabbitmq_node.start()
    after = _publish(publisher, 500, first=500)
    # Then it reads on, and what was confirmed is there for others too
    eventually(lambda: set(reader.bodies) == set(before + after), within=40)
    late = read(own_amqp_url)
    eventually(lambda: set(late.bodies) == set(before + after), within=40)


def test_a_stream_that_a_crash_has_ruined_is_made_anew(tmp_path: Path) -> None:
    # Given the first stream of a broker, made just before that was killed
    node = DisposableNode(tmp_path)
    with ExitStack() as stack:
        url = node.start()
        stack.callback(node.stop)
        publisher = Publisher(url, name="test", timeout=60)
        publisher.start()
        stack.callback(publisher.close, 5)
        _publish(publisher, 1)
        # When the broker is back
        node.kill()
        node.start()
        # Then orders can be published and read
        reader = Reader(url)
        stack.callback(reader.stream.close, 5)
        new = _publish(publisher, 3, first=1)
        eventually(lambda: reader.bodies[-3:] == new, within=30)
