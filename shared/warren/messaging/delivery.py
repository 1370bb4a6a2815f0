"""A message as the broker handed it over."""

from dataclasses import dataclass, field

import pika


@dataclass(frozen=True, slots=True, eq=False)
class Delivery:
    """One hand-over of a message; it is settled through the consumer that it came from."""

    queue: str
    body: bytes = field(repr=False)
    properties: pika.BasicProperties = field(repr=False)
    redelivered: bool
    #: How often the broker has handed the message over before, without an answer.
    delivery_count: int
    #: Number of the channel it came by: a later channel cannot settle it.
    epoch: int
    tag: int


def delivery_count(properties: pika.BasicProperties, redelivered: bool) -> int:
    """Earlier deliveries of a message from a quorum queue.

    RabbitMQ 4 sends no count the first time, and a publisher could forge one: it is believed only
    from a message that was delivered before.
    """
    count = (properties.headers or {}).get("x-delivery-count", 0)
    return count if redelivered and isinstance(count, int) else 0
