"""Asks the broker how many messages wait in its queues."""

from collections.abc import Sequence

import pika
import pika.exceptions

from tests.chaos.plan import SERVICES

_LANES = ("critical", "default", "low", "probe")
_OWNERS = ("chaos", "api", *(name for service in SERVICES.values() for name in service.queues))
_SERVICE_QUEUES = [f"{owner}.{lane}" for owner in _OWNERS for lane in _LANES]
QUEUES = (*_SERVICE_QUEUES, "warren.status", "warren.intake", "warren.dead", "warren.control")


def read_queues(amqp_url: str, queues: Sequence[str] = QUEUES) -> dict[str, int]:
    """Ready messages by queue; queues that nobody has declared are left out."""
    connection = pika.BlockingConnection(pika.URLParameters(amqp_url))
    try:
        depths = {name: _depth(connection, name) for name in queues}
    finally:
        connection.close()
    return {name: depth for name, depth in depths.items() if depth is not None}


def _depth(connection: pika.BlockingConnection, queue: str) -> int | None:
    channel = connection.channel()
    try:
        depth: int = channel.queue_declare(queue, passive=True).method.message_count
    except pika.exceptions.ChannelClosedByBroker:
        return None
    channel.close()
    return depth
