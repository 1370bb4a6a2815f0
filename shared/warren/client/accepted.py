"""What the gateway answers of tasks and files."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from warren.contracts.artifact import ArtifactRef
from warren.contracts.states import TaskState, WaitingFor


class _Answer(BaseModel):
    # A newer gateway may say more.
    model_config = ConfigDict(extra="ignore", frozen=True)


class TaskStatus(_Answer):
    """Where a task stands; `progress` 0-100, times in UTC."""

    task_id: UUID
    kind: str
    status: TaskState
    waiting_for: WaitingFor | None = None
    progress: int = 0
    message: str | None = None
    queue_position: int | None = None
    generation: int
    attempt: int
    max_attempts: int
    created_at: datetime
    due_at: datetime | None = None
    next_run_at: datetime | None = None
    started_at: datetime | None = None
    attempt_started_at: datetime | None = None
    finished_at: datetime | None = None
    result_expires_at: datetime | None = None
    processing_seconds: float = 0.0
    error: dict[str, Any] | None = None


class TaskDetails(TaskStatus):
    """All that is known of a task: what its owner gave, too, and its result if it has succeeded."""

    customer_id: UUID
    actor: str
    lane: str
    payload: dict[str, Any]
    metadata: dict[str, Any] | None = None
    tags: list[str] | None = None
    user_id: str | None = None
    parent_id: UUID | None = None
    result: Any = None


class HistoryEntry(_Answer):
    """A status that moved a task, such as `task.processing`."""

    type: str
    generation: int
    dispatch: int
    attempt: int
    at: datetime
    data: dict[str, Any]


class BatchMember(_Answer):
    """A member of a batch where it stands; `position` counts from 0."""

    position: int
    task_id: UUID
    kind: str
    status: TaskState
    progress: int = 0
    generation: int
    error: dict[str, Any] | None = None


class TaskAccepted(_Answer):
    """A task that will not be lost; `unique`: an earlier one, which has the same unique key."""

    task_id: UUID
    kind: str
    status: TaskState
    created_at: datetime
    unique: bool = False


class BatchAccepted(_Answer):
    """Tasks in the order given; `batch_id` is a task that ends with the last of those new."""

    batch_id: UUID | None
    items: list[TaskAccepted]


class StoredFile(ArtifactRef):
    """An uploaded file; payloads name it by its `id`."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    url: str


#: How a task is named: by its id, or by what was answered of it.
AnyTask = UUID | str | TaskAccepted | TaskStatus | BatchMember


def id_of(task: AnyTask) -> UUID:
    """The task's id; raises ValueError for a text that is none."""
    if isinstance(task, TaskAccepted | TaskStatus | BatchMember):
        return task.task_id
    return UUID(str(task))
