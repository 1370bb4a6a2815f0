"""What somebody who follows a task is told."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from warren.contracts.states import TaskState

EventName = Literal["status", "part", "result", "error", "progress"]


class Part(BaseModel):
    """A piece of the result, before its end: a file, under a signed address."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    artifact_id: UUID
    url: str
    name: str
    media_type: str
    #: In bytes.
    size: int
    sha256: str


class TaskEvent(BaseModel):
    """An event of a task; which fields it has, docs/howto/follow-a-task.md tells.

    `id` counts the recorded events of the task, from 1; `progress` (0-100) is not recorded.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    event: EventName
    id: int | None
    task_id: UUID
    status: TaskState
    generation: int
    attempt: int
    at: datetime | None = None
    progress: int | None = None
    message: str | None = None
    waiting_for: str | None = None
    delay_seconds: float | None = None
    error: dict[str, Any] | None = None
    seq: int | None = None
    artifact: Part | None = None
    result: Any = None
    processing_seconds: float | None = None

    @property
    def is_end(self) -> bool:
        """Whether the task has ended with it."""
        return self.event in ("result", "error")
