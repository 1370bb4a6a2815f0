"""What the endpoints of tasks answer."""

from datetime import UTC, datetime
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel, field_validator

from gateway.addresses import task_url
from gateway.hiding import without_sealed
from gateway.tasks.retention import result_expires_at
from warren.contracts.states import TaskState, WaitingFor


class TaskUrls(BaseModel):
    """Where to go on."""

    task: str
    status: str
    result: str
    events: str
    history: str
    cancel: str

    @classmethod
    def of(cls, task_id: UUID) -> "TaskUrls":
        """The addresses of a task."""
        return cls(**urls_of(task_id))


def urls_of(task_id: UUID) -> dict[str, str]:
    """What `TaskUrls` has, by the names of its fields."""
    task = task_url(task_id)
    return {
        "task": task,
        "status": f"{task}/status",
        "result": f"{task}/result",
        "events": f"{task}/events",
        "history": f"{task}/history",
        "cancel": f"{task}/cancel",
    }


class TaskAccepted(BaseModel):
    """The answer to a submission: the task is committed and will not be lost.

    `unique`: nothing new was accepted, as this live task has the same unique key.
    """

    task_id: UUID
    kind: str
    status: TaskState
    created_at: datetime
    unique: bool = False
    urls: TaskUrls


class TaskError(BaseModel):
    """Why the last attempt did not succeed; its traceback is for operators."""

    type: str
    message: str
    field: str | None = None
    traceback: str | None = None

    @classmethod
    def of(cls, error: dict[str, Any] | None, *, for_operator: bool = False) -> Self | None:
        """The view of the column `error`."""
        if error is None:
            return None
        return cls.model_validate({**error, **({} if for_operator else {"traceback": None})})


#: What a view has of other things than the column of that name.
_OF_ITS_OWN = frozenset(
    {
        "task_id",
        "status",
        "waiting_for",
        "queue_position",
        "error",
        "urls",
        "batch",
        "result_expires_at",
        "worker",
    }
)


class TaskStatus(BaseModel):
    """Where a task stands; `progress` 0–100, times in UTC."""

    task_id: UUID
    kind: str
    status: TaskState
    waiting_for: WaitingFor | None = None
    #: From 1, while it waits in its queue behind fewer than a thousand others.
    queue_position: int | None = None
    progress: int
    message: str | None
    generation: int
    attempt: int
    max_attempts: int
    created_at: datetime
    due_at: datetime | None
    #: When it is published next: its first time, or its next attempt.
    next_run_at: datetime | None
    queued_at: datetime | None
    #: When its first attempt began, and its last one.
    started_at: datetime | None
    attempt_started_at: datetime | None
    #: When it ended, however it did.
    finished_at: datetime | None
    expires_at: datetime | None
    #: Until when the result of a task that has succeeded, and its files, are kept.
    result_expires_at: datetime | None = None
    #: How long its attempts have run, together.
    processing_seconds: float
    error: TaskError | None
    urls: TaskUrls

    @classmethod
    def of(
        cls, row: dict[str, Any], now: datetime | None = None, *, for_operator: bool = False
    ) -> Self:
        """The view of a row of `tasks`, joined with `has_worker`."""
        state = _visible_state(row, now or datetime.now(UTC))
        same = set(cls.model_fields) - _OF_ITS_OWN
        return cls(
            task_id=row["id"],
            status=state,
            waiting_for=_waiting_for(row, state),
            queue_position=row.get("queue_position"),
            error=TaskError.of(row["error"], for_operator=for_operator),
            urls=TaskUrls.of(row["id"]),
            result_expires_at=result_expires_at(row),
            **{name: row[name] for name in same},
        )


class BatchCounts(BaseModel):
    """Members of a batch; `known` have come so far, the others are still to be submitted."""

    total: int
    known: int
    succeeded: int
    failed: int
    cancelled: int
    expired: int


class TaskView(TaskStatus):
    """A task with everything its owner gave, and its result once it has succeeded."""

    customer_id: UUID
    #: Who submitted it: `key:<prefix>`, `schedule:<name>`, `task:<id>` …
    actor: str
    updated_at: datetime
    #: The incarnation of the worker that ran it last: for operators, since it names a host.
    worker: str | None = None
    version: int
    lane: str
    payload: dict[str, Any]
    metadata: dict[str, Any] | None
    tags: list[str] | None
    user_id: str | None
    result: Any
    #: Where its owner is told of it: `url` and `events`.
    webhook: dict[str, Any] | None = None
    #: Of a batch: how many members there are, and how they have ended.
    batch: BatchCounts | None = None

    _hide = field_validator("payload", mode="before")(without_sealed)

    @classmethod
    def of(
        cls, row: dict[str, Any], now: datetime | None = None, *, for_operator: bool = False
    ) -> Self:
        """The view of a whole row of `tasks`, joined with `has_worker`."""
        view = super().of(row, now, for_operator=for_operator)
        return view.model_copy(update={"worker": row["worker"]}) if for_operator else view


class TaskSummary(BaseModel):
    """A task in a list."""

    task_id: UUID
    customer_id: UUID
    user_id: str | None
    kind: str
    queue: str
    lane: str
    status: TaskState
    progress: int
    message: str | None
    generation: int
    attempt: int
    max_attempts: int
    created_at: datetime
    due_at: datetime | None
    next_run_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    error: TaskError | None

    @classmethod
    def of(cls, row: dict[str, Any], now: datetime) -> "TaskSummary":
        """The view of a row of `tasks` with `next_run_at`."""
        return cls.model_validate(
            {
                **row,
                "task_id": row["id"],
                "status": _visible_state(row, now),
                "error": TaskError.of(row["error"]),
            }
        )


class TaskList(BaseModel):
    """Newest first. A page may be short, or empty, and have a cursor: go on until it has none."""

    items: list[TaskSummary]
    next_cursor: str | None


class HistoryEntry(BaseModel):
    """A status that moved the task."""

    type: str
    generation: int
    dispatch: int
    attempt: int
    run_id: UUID | None
    at: datetime
    data: dict[str, Any]


class History(BaseModel):
    """A page of the history, oldest first."""

    items: list[HistoryEntry]
    next_cursor: str | None


def _visible_state(row: dict[str, Any], now: datetime) -> TaskState:
    state = TaskState(row["state"])
    # No statement turns `scheduled` into `pending` when the time has come: nobody would read it.
    if state is TaskState.SCHEDULED and row["due_at"] is not None and row["due_at"] <= now:
        return TaskState.PENDING
    return state


def _waiting_for(row: dict[str, Any], state: TaskState) -> WaitingFor | None:
    if row["waiting_for"] is not None:
        return WaitingFor(row["waiting_for"])
    if state is not TaskState.PENDING:
        return None
    return WaitingFor.QUEUE if row["has_worker"] else WaitingFor.NO_WORKER
