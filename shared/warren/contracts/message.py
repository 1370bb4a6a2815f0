"""A job on the wire: a Dramatiq message whose id names task, generation and dispatch."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from pydantic import AwareDatetime, BaseModel, ConfigDict

from warren.contracts.lanes import Lane
from warren.errors import PermanentError


class UndecodableMessage(PermanentError):
    """The bytes are not a job message; the text says which part is wrong."""


@dataclass(frozen=True, slots=True)
class Dispatch:
    """One publication of a task's row: the unit that a message stands for."""

    task_id: UUID
    generation: int
    dispatch: int

    def __str__(self) -> str:
        return f"{self.task_id}.{self.generation}.{self.dispatch}"

    @classmethod
    def parse(cls, message_id: str) -> "Dispatch":
        """Read `<task>.<generation>.<dispatch>`; raises UndecodableMessage."""
        try:
            task, generation, dispatch = message_id.split(".")
            return cls(UUID(task), int(generation), int(dispatch))
        except (ValueError, AttributeError) as error:
            raise UndecodableMessage(
                f"message id {message_id!r} is not <task>.<generation>.<dispatch>"
            ) from error


class JobOptions(BaseModel):
    """What travels beside the payload."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    version: int = 1
    attempt: int = 1
    lane: Lane = Lane.DEFAULT
    customer_id: UUID
    #: Hand-overs that ended without an answer, counted by us (graceful hand-backs are not).
    deliveries: int = 0
    expires_at: AwareDatetime | None = None
    #: When a run of this generation began first: a task waits no longer than its kind's `max_age`.
    started_at: AwareDatetime | None = None
    #: In the low lane: since when it could have been published; after a while it counts as default.
    waiting_since: AwareDatetime | None = None
    traceparent: str | None = None


@dataclass(frozen=True, slots=True)
class JobMessage:
    """A decoded job message."""

    dispatch: Dispatch
    kind: str
    queue: str
    payload: dict[str, Any]
    options: JobOptions

    def encode(self, now: datetime) -> bytes:
        """The message as Dramatiq's JSON encoder would write it; `now` is its timestamp."""
        return orjson.dumps(
            {
                "queue_name": self.queue,
                "actor_name": self.kind,
                "args": [self.payload],
                "kwargs": {},
                "options": self.options.model_dump(mode="json", exclude_none=True),
                "message_id": str(self.dispatch),
                "message_timestamp": int(now.timestamp() * 1000),
            }
        )

    @classmethod
    def decode(cls, body: bytes) -> "JobMessage":
        """Read a job message; raises UndecodableMessage naming the part that is wrong."""
        try:
            raw = orjson.loads(body)
            (payload,) = raw["args"]
            return cls(
                dispatch=Dispatch.parse(raw["message_id"]),
                kind=raw["actor_name"],
                queue=raw["queue_name"],
                payload=payload,
                options=JobOptions.model_validate(raw["options"]),
            )
        except UndecodableMessage:
            raise
        except (ValueError, KeyError, TypeError) as error:
            raise UndecodableMessage(f"not a job message: {error!r:.300}") from error


def with_deliveries(body: bytes, deliveries: int) -> bytes:
    """The same message, with `deliveries` as its count of hand-overs without an answer.

    Options that this release does not know stay. Raises UndecodableMessage.
    """
    try:
        raw = orjson.loads(body)
        raw["options"]["deliveries"] = deliveries
    except (ValueError, KeyError, TypeError) as error:
        raise UndecodableMessage(f"not a job message: {error!r:.300}") from error
    return orjson.dumps(raw)
