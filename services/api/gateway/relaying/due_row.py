"""A claimed row of the outbox with what its message needs of the task."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from warren.contracts.lanes import Lane
from warren.contracts.message import Dispatch, JobMessage, JobOptions
from warren.contracts.states import TaskState


@dataclass(frozen=True, slots=True)
class TaskPosition:
    """How far a task has come: state, and the last status that applied."""

    state: str
    generation: int
    dispatch: int
    rank: int


@dataclass(frozen=True, slots=True)
class DueRow:
    """What there is to publish; `task` is None when the task does not exist (any more)."""

    task: TaskPosition | None
    dispatch: Dispatch
    attempt: int
    kind: str
    version: int
    queue: str
    customer_id: UUID
    limit_key: str
    payload: dict[str, Any]
    lane: str
    expires_at: datetime | None
    traceparent: str | None
    started_at: datetime | None = None
    #: Since when the row is due.
    available_at: datetime | None = None

    @property
    def is_outdated(self) -> bool:
        """Whether nobody needs this message: its task has ended, or has come further already."""
        if self.task is None or TaskState(self.task.state).is_terminal:
            return True
        here = (self.dispatch.generation, self.dispatch.dispatch, 0)
        return here < (self.task.generation, self.task.dispatch, self.task.rank)

    def message(self) -> JobMessage:
        """The message to publish; raises pydantic.ValidationError for a row that makes none."""
        return JobMessage(
            dispatch=self.dispatch,
            kind=self.kind,
            queue=self.queue,
            payload=self.payload,
            options=JobOptions.model_validate(
                {
                    "version": self.version,
                    "attempt": self.attempt,
                    "lane": self.lane,
                    "customer_id": self.customer_id,
                    "expires_at": self.expires_at,
                    "traceparent": self.traceparent,
                    "started_at": self.started_at,
                    # Only the low lane's jobs become more urgent by waiting.
                    "waiting_since": self.available_at if self.lane == Lane.LOW else None,
                }
            ),
        )
