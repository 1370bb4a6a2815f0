"""Queues and exchanges, declared alike by whoever needs them; repeating it changes nothing.

A changed argument needs a new queue name: RabbitMQ refuses to redeclare a queue differently.
"""

from typing import Any, Protocol

STATUS_QUEUE = "warren.status"
CONTROL_QUEUE = "warren.control"
INTAKE_QUEUE = "warren.intake"
DEAD_QUEUE = "warren.dead"
#: A stream: cancellations and other orders, which every worker process reads from their beginning.
CANCELS_STREAM = "warren.cancels"
#: Fan-out: whatever was dead-lettered, wherever it came from, reaches `DEAD_QUEUE`.
DEAD_EXCHANGE = "warren.dead"
#: Topic: copies of events for consumers outside of Warren.
EVENTS_EXCHANGE = "warren.events"

BASE_QUEUES = frozenset({STATUS_QUEUE, CONTROL_QUEUE, INTAKE_QUEUE, DEAD_QUEUE})

#: Deliveries without an answer after which a job is a dead letter.
JOB_DELIVERY_LIMIT = 20
#: In practice none. It is always given, because RabbitMQ 3.10 and 4 differ in their defaults and
#: in what they make of -1.
NO_DELIVERY_LIMIT = 1_000_000
#: How long an order stays readable. RabbitMQ drops whole segments, so they are small: some 50,000
#: orders each.
CANCELS_DAYS = 7
_CANCELS_ARGUMENTS = {
    "x-queue-type": "stream",
    "x-max-age": f"{CANCELS_DAYS}D",
    "x-stream-max-segment-size-bytes": 16_000_000,
}

_DEAD_LETTERING = {
    "x-dead-letter-exchange": DEAD_EXCHANGE,
    # At least once works only where an overflow refuses the publish.
    "x-dead-letter-strategy": "at-least-once",
    "x-overflow": "reject-publish",
}


class DeclaringChannel(Protocol):
    """What a blocking and an asynchronous pika channel have in common.

    An asynchronous channel without callbacks does not wait for an answer, and is closed by the
    broker when a declaration is refused.
    """

    def queue_declare(
        self, queue: str, *, durable: bool = ..., arguments: dict[str, Any] | None = ...
    ) -> Any: ...

    def exchange_declare(
        self, exchange: str, exchange_type: str, *, durable: bool = ...
    ) -> Any: ...

    def queue_bind(self, queue: str, exchange: str) -> Any: ...


def declare_topology(channel: DeclaringChannel) -> None:
    """Declare what every part relies on; job queues are declared by name, as they are needed."""
    declare_exchanges(channel)
    for queue in sorted({*BASE_QUEUES, CANCELS_STREAM}):
        declare_queue(channel, queue)


def declare_exchanges(channel: DeclaringChannel) -> None:
    """Declare the exchanges of `declare_topology`."""
    channel.exchange_declare(DEAD_EXCHANGE, "fanout", durable=True)
    channel.exchange_declare(EVENTS_EXCHANGE, "topic", durable=True)


def declare_queue(channel: DeclaringChannel, name: str) -> None:
    """Declare one queue of the base topology, the stream, or a job queue."""
    if name == CANCELS_STREAM:
        channel.queue_declare(queue=name, durable=True, arguments=_CANCELS_ARGUMENTS)
        return
    if name not in BASE_QUEUES:
        declare_job_queue(channel, name)
        return
    _declare_quorum_queue(channel, name, NO_DELIVERY_LIMIT)
    if name == DEAD_QUEUE:
        channel.queue_bind(DEAD_QUEUE, DEAD_EXCHANGE)


def declare_job_queue(channel: DeclaringChannel, name: str) -> None:
    """Declare the job queue `name` (see `warren.contracts.lanes.queue_name`)."""
    _declare_quorum_queue(channel, name, JOB_DELIVERY_LIMIT, **_DEAD_LETTERING)


def _declare_quorum_queue(
    channel: DeclaringChannel, name: str, delivery_limit: int, **arguments: Any
) -> None:
    channel.queue_declare(
        queue=name,
        durable=True,
        arguments={
            "x-queue-type": "quorum",
            "x-delivery-limit": delivery_limit,
            **arguments,
        },
    )
