"""What the broker says about queues, asked on a short connection of its own."""

from collections.abc import Iterable
from dataclasses import dataclass

import pika
from pika.adapters.blocking_connection import BlockingChannel, BlockingConnection
from pika.exceptions import ChannelClosedByBroker

#: Seconds. A broker that froze is noticed after two heartbeats.
_TIMEOUT = 5.0
_HEARTBEAT = 5
_NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class Depth:
    """Messages that wait in a queue for a consumer, and how many consumers there are.

    A quorum queue without a leader answers with twice zero, like one that nobody uses.
    """

    ready: int
    consumers: int


#: A queue that is not there, and whose messages are gone with it.
ABSENT = Depth(0, 0)


def measure(amqp_url: str, queues: Iterable[str], name: str) -> dict[str, Depth]:
    """The depth of each queue; raises pika.exceptions.AMQPError or OSError without a broker."""
    parameters = pika.URLParameters(amqp_url)
    parameters.heartbeat = _HEARTBEAT
    parameters.socket_timeout = parameters.stack_timeout = _TIMEOUT
    parameters.blocked_connection_timeout = _TIMEOUT
    parameters.connection_attempts = 1
    parameters.client_properties = {"connection_name": name}
    connection = BlockingConnection(parameters)
    try:
        channel = connection.channel()
        depths = {}
        for queue in queues:
            if channel.is_closed:
                channel = connection.channel()
            depths[queue] = _depth(channel, queue)
        return depths
    finally:
        if connection.is_open:
            connection.close()


def _depth(channel: BlockingChannel, queue: str) -> Depth:
    try:
        answer = channel.queue_declare(queue, passive=True).method
    except ChannelClosedByBroker as closed:
        if closed.reply_code != _NOT_FOUND:
            raise
        return ABSENT
    return Depth(answer.message_count, answer.consumer_count)
