"""Queues and exchanges as AsyncAPI's channels, and what Warren does on each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from gateway.asyncapi.messages import Message
from warren.contracts.lanes import Lane, Pool
from warren.messaging.topology import (
    CANCELS_STREAM,
    CONTROL_QUEUE,
    DEAD_QUEUE,
    EVENTS_EXCHANGE,
    INTAKE_QUEUE,
    STATUS_QUEUE,
)

Json = dict[str, Any]
#: Of the binding for AMQP 0-9-1.
_BINDING = "0.3.0"


@dataclass(frozen=True)
class Channel:
    """A channel with its messages; `action` is what Warren does there."""

    name: str
    address: str
    description: str
    binding: Json
    action: Literal["send", "receive"]
    messages: Sequence[Message]
    parameters: Json | None = None


def job_channel(service: str, pool: Pool | None, messages: Sequence[Message]) -> Channel:
    """The queues of a service's jobs, one for each lane."""
    base = ".".join([service, *([pool.value] if pool else [])])
    lanes = [lane.value for lane in Lane if lane is not Lane.PROBE]
    return Channel(
        name=f"jobs.{base}",
        address=f"{base}.{{lane}}",
        description=f"Jobs of the service {service}, by lane; each is taken by one worker",
        binding=_queue(f"{base}.default"),
        action="send",
        messages=messages,
        parameters={"lane": {"description": "Critical is served first", "enum": lanes}},
    )


def event_channel(messages: Sequence[Message]) -> Channel:
    """The exchange to which consumers outside of Warren bind queues of their own."""
    exchange = {"name": EVENTS_EXCHANGE, "type": "topic", "durable": True, "autoDelete": False}
    return Channel(
        name="events",
        address="{type}",
        description=(
            f"Events, on the topic exchange `{EVENTS_EXCHANGE}`: bind a queue of your own by the"
            " types that you want. Each comes at least once: know it again by its `id`"
        ),
        binding={
            "is": "routingKey",
            "exchange": {**exchange, "vhost": "/"},
            "bindingVersion": _BINDING,
        },
        action="send",
        messages=messages,
        parameters={"type": {"enum": [message.name for message in messages]}},
    )


def own_channels(
    statuses: Sequence[Message],
    control: Sequence[Message],
    intake: Sequence[Message],
    orders: Sequence[Message],
    jobs: Sequence[Message],
) -> list[Channel]:
    """What Warren's parts say to each other."""
    return [
        _own("status", STATUS_QUEUE, "What runs report, for recorders", "receive", statuses),
        _own("control", CONTROL_QUEUE, "What processes say of themselves", "receive", control),
        _own("intake", INTAKE_QUEUE, "Tasks that running jobs ask for", "receive", intake),
        _own("orders", CANCELS_STREAM, "A stream: orders to all workers", "send", orders),
        _own("dead", DEAD_QUEUE, "Jobs that the broker has given up", "receive", jobs),
    ]


def _own(
    name: str,
    queue: str,
    description: str,
    action: Literal["send", "receive"],
    messages: Sequence[Message],
) -> Channel:
    return Channel(name, queue, description, _queue(queue), action, messages)


def _queue(name: str) -> Json:
    queue = {"name": name, "durable": True, "exclusive": False, "autoDelete": False, "vhost": "/"}
    return {"is": "queue", "queue": queue, "bindingVersion": _BINDING}
