"""A task as an in-memory system keeps it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from warren.contracts.artifact import ArtifactRef
from warren.contracts.lanes import Lane
from warren.contracts.message import Dispatch, JobMessage, JobOptions
from warren.contracts.state_machine import HistoryNote, TaskRow
from warren.contracts.states import TaskState, WaitingFor
from warren.contracts.status import Status, TaskPart


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """Something that happened to a task; `type` is such as `task.processing`."""

    type: str
    generation: int
    dispatch: int
    attempt: int
    at: datetime
    data: dict[str, Any]
    #: Of a part; what a run says twice is one entry.
    seq: int = 0

    @property
    def key(self) -> tuple[int, int, str, int]:
        """What no two entries of a task share."""
        return self.generation, self.dispatch, self.type, self.seq

    @classmethod
    def of(cls, item: Status | HistoryNote) -> "HistoryEntry":
        """Of what a run has reported, or of what moved the task beside that."""
        data = item.data if isinstance(item, HistoryNote) else _plain(item)
        seq = data["seq"] if isinstance(item, TaskPart) else 0
        return cls(item.type, item.generation, item.dispatch, item.attempt, item.at, data, seq)


@dataclass(slots=True)
class StoredTask:
    """`row` is what statuses move; `available_at` when its next dispatch is due, if it has one."""

    row: TaskRow
    payload: dict[str, Any]
    lane: Lane
    actor: str
    created_at: datetime
    available_at: datetime
    user_id: str | None = None
    parent_id: UUID | None = None
    metadata: dict[str, Any] | None = None
    tags: list[str] | None = None
    due_at: datetime | None = None
    expires_at: datetime | None = None
    unique_key: str | None = None
    #: What its kind says of failures.
    dead_letter: bool = True
    #: Why it is not published although it is due.
    held_by: WaitingFor | None = None
    history: list[HistoryEntry] = field(default_factory=list)
    _known: set[tuple[int, int, str, int]] = field(default_factory=set)
    #: The last message that was published of it.
    published: bytes | None = None
    artifacts: dict[UUID, ArtifactRef] = field(default_factory=dict)
    parts: list[ArtifactRef] = field(default_factory=list)

    def note(self, item: Status | HistoryNote) -> None:
        """Add it to the history, unless that has it."""
        entry = HistoryEntry.of(item)
        if entry.key not in self._known:
            self._known.add(entry.key)
            self.history.append(entry)

    def state_at(self, now: datetime) -> TaskState:
        """What a caller sees: `scheduled` ends when the time has come."""
        is_due = self.due_at is not None and self.due_at <= now
        if self.row.state is TaskState.SCHEDULED and is_due:
            return TaskState.PENDING
        return self.row.state

    def waiting_for_at(self, now: datetime) -> WaitingFor | None:
        """Why nobody works on it."""
        waits = self.state_at(now) is TaskState.PENDING
        return self.held_by or self.row.waiting_for or (WaitingFor.QUEUE if waits else None)

    def is_too_late(self, now: datetime) -> bool:
        """Whether nobody has started it by its time."""
        if self.expires_at is None or self.row.state.is_terminal:
            return False
        return self.row.started_at is None and self.expires_at <= now

    def message(self) -> JobMessage:
        """What is published of it next."""
        (due,) = self.row.outbox
        return JobMessage(
            dispatch=Dispatch(self.row.id, due.generation, due.dispatch),
            kind=self.row.kind,
            queue=self.row.queue,
            payload=self.payload,
            options=JobOptions(
                version=self.row.version,
                attempt=due.attempt,
                lane=self.lane,
                customer_id=self.row.customer_id,
                expires_at=self.expires_at,
                started_at=self.row.started_at,
            ),
        )


def _plain(status: Status) -> dict[str, Any]:
    data: dict[str, Any] = status.data.model_dump(mode="json", exclude_none=True)
    return data
