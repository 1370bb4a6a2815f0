"""What processes say about themselves: announcements and beats."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import orjson
from psycopg import Connection
from pydantic import Field, TypeAdapter, ValidationError

from gateway.events.announced import record_subscriptions
from gateway.kinds.projections import record_announcement
from gateway.recording.decoding import Rejected, rejection, storable
from gateway.scheduling.announced import record_schedules
from gateway.workers.projections import record_beat
from warren.contracts.kinds import Announcement, Beat

_CONTROL: TypeAdapter[Announcement | Beat] = TypeAdapter(
    Annotated[Announcement | Beat, Field(discriminator="type")]
)


@dataclass(frozen=True, slots=True)
class Said:
    """A valid control message and the bytes it came in."""

    message: Announcement | Beat
    body: bytes


def read_control(bodies: Iterable[bytes]) -> tuple[list[Said], list[Rejected]]:
    """Decode control messages; of several of one kind from one process only the last counts."""
    newest: dict[tuple[str, str], Said] = {}
    rejected: list[Rejected] = []
    for body in bodies:
        try:
            message = _CONTROL.validate_python(orjson.loads(storable(body)))
        except (ValidationError, ValueError) as error:
            rejected.append(rejection(body, error))
            continue
        newest[message.type, message.incarnation] = Said(message, body)
    return list(newest.values()), rejected


def record_control(connection: Connection[Any], said: Sequence[Said]) -> None:
    """Write them in one transaction, in an order that all recorders share."""
    ordered = sorted(said, key=lambda item: (item.message.type, item.message.incarnation))
    with connection.transaction():
        for item in ordered:
            if isinstance(item.message, Announcement):
                record_announcement(connection, item.message)
                record_schedules(connection, item.message)
                record_subscriptions(connection, item.message)
            else:
                record_beat(connection, item.message)
