"""Whether a reader of the stream of orders knows that it hears everything."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from warren.messaging.cancel_stream import CancelStream
from warren.messaging.topology import CANCELS_STREAM
from warren.stack.rabbitmq import RabbitMQNode
from warren.testing.deadline import eventually

pytestmark = pytest.mark.rabbitmq


class Listener:
    """What the stream said last: since when it hears, or that it does not."""

    def __init__(self) -> None:
        self.hears_since: float | None = None
        self.lost = 0

    def confirm(self, moment: float) -> None:
        assert moment <= time.monotonic()
        self.hears_since = moment

    def lose(self) -> None:
        self.hears_since = None
        self.lost += 1

    def hears(self, after: float) -> bool:
        """Whether it surely hears what was said until `after`."""
        return self.hears_since is not None and self.hears_since > after


Listen = Callable[[str], Listener]


@pytest.fixture
def listen() -> Iterator[Listen]:
    with ExitStack() as stack:

        def start(url: str) -> Listener:
            listener = Listener()
            stream = CancelStream(url, lambda _body: None, name="test-hearing", listener=listener)
            stream.start()
            stack.callback(stream.close, 5)
            return listener

        yield start


def test_it_hears_from_soon_after_its_start_and_goes_on_to(amqp_url: str, listen: Listen) -> None:
    started = time.monotonic()
    listener = listen(amqp_url)

    eventually(lambda: listener.hears(started), within=30)
    # Not before what was in the stream at its subscription has surely come.
    assert listener.hears_since is not None
    assert listener.hears_since >= started + 1
    now = time.monotonic()
    eventually(lambda: listener.hears(now), within=30)


def test_a_stream_that_was_deleted_is_heard_again(
    amqp_url: str, listen: Listen, channel: Any
) -> None:
    listener = listen(amqp_url)
    eventually(lambda: listener.hears(0), within=30)
    lost = listener.lost

    channel.queue_delete(CANCELS_STREAM)

    eventually(lambda: listener.lost > lost, within=30)
    now = time.monotonic()
    eventually(lambda: listener.hears(now), within=30)


def test_without_the_broker_it_knows_that_it_does_not_hear(
    rabbitmq_node: RabbitMQNode, own_amqp_url: str, listen: Listen
) -> None:
    listener = listen(own_amqp_url)
    eventually(lambda: listener.hears(0), within=30)

    rabbitmq_node.kill()

    eventually(lambda: listener.hears_since is None, within=30)
    rabbitmq_node.start()
    eventually(lambda: listener.hears(0), within=60)
