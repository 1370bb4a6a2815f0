"""How statuses move a task: pure, no I/O, indifferent to duplicates and to how they are batched.

A status applies only if it moves the task forward in (generation, dispatch, rank); rank 1 is
`processing`, 2 an outcome. Of two outcomes of one dispatch the first recorded stands, but success
beats retrying and waiting until a later dispatch has started. Terminal states are final within a
generation. See contracts.md, *States*.
"""

from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from warren.contracts.states import TaskState, WaitingFor
from warren.contracts.status import (
    ErrorInfo,
    Outcome,
    Status,
    TaskCancelled,
    TaskFailed,
    TaskHandedBack,
    TaskPart,
    TaskProcessing,
    TaskProgress,
    TaskRetrying,
    TaskSucceeded,
    TaskWaiting,
)

STARTED = 1
ENDED = 2


@dataclass(frozen=True, slots=True)
class InFlight:
    """The published dispatch of a task whose outcome is not known yet."""

    generation: int
    dispatch: int
    published_at: datetime
    started: bool = False
    #: Since when its message has stood at the end of its queue again.
    handed_back_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A dispatch that waits to be published; `delay` (seconds from now) only on new rows."""

    generation: int
    dispatch: int
    attempt: int
    delay: float | None = None


@dataclass(slots=True)
class TaskRow:
    """What the state machine reads and changes of a task and of its two live side tables.

    `result` is written, never read: it is None until a success is folded.
    """

    id: UUID
    customer_id: UUID
    kind: str
    version: int
    queue: str
    state: TaskState
    generation: int
    dispatch: int
    rank: int
    attempt: int
    max_attempts: int
    waiting_for: WaitingFor | None = None
    progress: int = 0
    message: str | None = None
    result: Any = None
    error: dict[str, Any] | None = None
    run_id: UUID | None = None
    worker: str | None = None
    queued_at: datetime | None = None
    started_at: datetime | None = None
    attempt_started_at: datetime | None = None
    finished_at: datetime | None = None
    processing_seconds: float = 0.0
    #: Whether something that it asked for was dropped since it is being cancelled.
    children_dropped: bool = False
    in_flight: InFlight | None = None
    outbox: tuple[OutboxRow, ...] = ()

    @property
    def position(self) -> tuple[int, int, int]:
        """(generation, dispatch, rank) of the last status that applied."""
        return self.generation, self.dispatch, self.rank


@dataclass(frozen=True, slots=True)
class HistoryNote:
    """What moved a task without a run's status; stands in the history beside statuses."""

    task_id: UUID
    generation: int
    dispatch: int
    type: str
    attempt: int
    at: datetime
    data: dict[str, Any]


@dataclass(slots=True)
class Transition:
    """What folding did to one task. Projections read it in the transaction that records it."""

    before: TaskRow
    after: TaskRow
    #: Statuses to keep; some may be in the history already.
    history: list[Status] = field(default_factory=list)
    #: The success that ended the task within this transition: its artifacts and events follow.
    success: TaskSucceeded | None = None
    #: What moved the task beside statuses.
    notes: list[HistoryNote] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Whether any column of the task or any of its side rows differs."""
        return self.before != self.after

    @property
    def ended(self) -> bool:
        """Whether the task reached a terminal state within this transition."""
        return self.after.state.is_terminal and (
            not self.before.state.is_terminal or self.before.generation != self.after.generation
        )


def fold(current: TaskRow, statuses: Iterable[Status], now: datetime) -> Transition:
    """Fold statuses of one task, in the order they came; `current` itself is not changed.

    `now` is the database's clock (aware): the moments that workers report are cut to it.
    """
    folding = _Folding(current, now)
    for status in statuses:
        folding.apply(status)
    return folding.transition


def _dispatch_of(item: Status | InFlight | OutboxRow) -> tuple[int, int]:
    return item.generation, item.dispatch


class _Folding:
    def __init__(self, current: TaskRow, now: datetime) -> None:
        self._row = copy(current)
        self._now = now
        self.transition = Transition(before=current, after=self._row)

    def apply(self, status: Status) -> None:
        match status:
            case TaskProgress():
                self._progress(status)
            case TaskPart():
                self.transition.history.append(status)
            case TaskProcessing():
                self._processing(status)
            case TaskHandedBack():
                self._handed_back(status)
            case _:
                self._outcome(status)

    def _progress(self, status: TaskProgress) -> None:
        row, data = self._row, status.data
        if row.position != (*_dispatch_of(status), STARTED) or data.percent < row.progress:
            return
        row.progress = data.percent
        if data.message is not None:
            row.message = data.message

    def _processing(self, status: TaskProcessing) -> None:
        # A start is a fact, kept also when it comes after its own outcome.
        self.transition.history.append(status)
        if not self._is_forward(status, STARTED):
            return
        self._advance(status, STARTED)
        self._begin(status, self._moment(status))
        row = self._row
        if row.state is not TaskState.CANCELLING:
            row.state = TaskState.PROCESSING
        row.waiting_for = None
        row.finished_at = None
        row.outbox = self._later_outbox(status)
        row.in_flight = self._started_in_flight(status)

    def _handed_back(self, status: TaskHandedBack) -> None:
        """Nothing of the task changes. By our clock, which is later: lost or too late it makes the
        sweeper doubt, too early or forged it might make it sure."""
        held = self._row.in_flight
        if held is not None and _dispatch_of(held) == _dispatch_of(status):
            self._row.in_flight = replace(held, handed_back_at=self._now)

    def _outcome(self, status: Outcome) -> None:
        if not self._admits(status):
            return
        row = self._row
        seconds = max(0.0, status.data.processing_seconds)
        if not isinstance(status, TaskWaiting) and self._is_forward(status, STARTED):
            # Its `processing` is late or lost; the outcome tells when the run began.
            earliest = self._moment(status) - timedelta(seconds=min(seconds, 1e6))
            self._advance(status, STARTED)
            self._begin(status, earliest)
        self._advance(status, ENDED)
        row.processing_seconds += seconds
        if isinstance(status, TaskSucceeded) and row.children_dropped:
            # It would be a success without what it has asked for.
            self._cancel(status)
            self._note_end(status)
            return
        self.transition.history.append(status)
        self._effect(status)

    def _effect(self, status: Outcome) -> None:
        match status:
            case TaskSucceeded():
                self._succeed(status)
            case TaskFailed():
                self._fail(status, status.data.source, status.data.error)
            case TaskCancelled():
                self._cancel(status)
            case TaskRetrying() | TaskWaiting() if self._row.state is TaskState.CANCELLING:
                self._cancel(status)
                self._note_end(status)
            case TaskRetrying():
                self._retry(status)
            case TaskWaiting():
                self._wait(status)

    def _admits(self, status: Outcome) -> bool:
        row = self._row
        if row.state.is_terminal and status.generation == row.generation:
            return False
        if isinstance(status, TaskRetrying | TaskWaiting) and self._is_superseded(status):
            return False
        if self._is_forward(status, ENDED):
            return True
        return isinstance(status, TaskSucceeded) and row.position == (*_dispatch_of(status), ENDED)

    def _is_forward(self, status: Status, rank: int) -> bool:
        row = self._row
        if row.state.is_terminal and status.generation <= row.generation:
            return False
        return (*_dispatch_of(status), rank) > row.position

    def _is_superseded(self, status: Status) -> bool:
        """Whether a later dispatch was issued already, so that nothing is left to issue."""
        held = self._row.in_flight
        in_flight_is_later = held is not None and _dispatch_of(held) > _dispatch_of(status)
        return in_flight_is_later or bool(self._later_outbox(status))

    def _advance(self, status: Status, rank: int) -> None:
        row = self._row
        if (row.generation, row.attempt) != (status.generation, status.attempt):
            row.progress, row.message = 0, None
        row.generation, row.dispatch, row.rank = status.generation, status.dispatch, rank
        row.attempt = status.attempt
        row.run_id, row.worker = status.run_id, status.incarnation

    def _begin(self, status: Status, moment: datetime) -> None:
        row = self._row
        if row.in_flight and _dispatch_of(row.in_flight) == _dispatch_of(status):
            row.queued_at = row.in_flight.published_at
        if row.queued_at:
            moment = max(moment, row.queued_at)
        row.attempt_started_at = moment
        row.started_at = row.started_at or moment

    def _moment(self, status: Status) -> datetime:
        """When the worker says it happened, but never in the database's future."""
        return min(status.at, self._now)

    def _started_in_flight(self, status: Status) -> InFlight:
        """Custody of a run that started, also if its relay died before it could note it."""
        held = self._row.in_flight
        if held and _dispatch_of(held) > _dispatch_of(status):
            return held
        same = held is not None and _dispatch_of(held) == _dispatch_of(status)
        if held and same:
            return replace(held, started=True)
        return InFlight(status.generation, status.dispatch, self._moment(status), started=True)

    def _later_outbox(self, status: Status) -> tuple[OutboxRow, ...]:
        return tuple(r for r in self._row.outbox if _dispatch_of(r) > _dispatch_of(status))

    def _succeed(self, status: TaskSucceeded) -> None:
        self._row.result = status.data.result
        self._row.error = None
        self._row.progress = 100
        self.transition.success = status
        self._finish(status, TaskState.SUCCEEDED)

    def _fail(self, status: Status, source: str, error: ErrorInfo) -> None:
        self._row.error = {**_error(error), "source": source}
        self._finish(status, TaskState.FAILED)

    def _cancel(self, status: Status) -> None:
        self._row.error = None
        self._finish(status, TaskState.CANCELLED)

    def _note_end(self, status: Status) -> None:
        """What the run reports is no end; without a note the history would have none."""
        note = HistoryNote(
            self._row.id, status.generation, status.dispatch, "task.cancelled", status.attempt,
            self._now, {"by": "recorder"},
        )  # fmt: skip
        self.transition.notes.append(note)

    def _retry(self, status: TaskRetrying) -> None:
        if status.attempt >= self._row.max_attempts:
            self._fail(status, "exhausted", status.data.error)
            return
        self._row.error = _error(status.data.error)
        self._row.state = TaskState.RETRYING
        self._row.waiting_for = WaitingFor.BACKOFF
        self._reissue(status, status.attempt + 1, status.data.delay)

    def _wait(self, status: TaskWaiting) -> None:
        self._row.error = _error(status.data.error) if status.data.error else None
        self._row.state = TaskState.PENDING
        self._row.waiting_for = status.data.reason
        self._reissue(status, status.attempt, status.data.delay)

    def _reissue(self, status: Status, attempt: int, delay: float) -> None:
        self._row.in_flight = None
        self._row.outbox = (OutboxRow(status.generation, status.dispatch + 1, attempt, delay),)

    def _finish(
        self,
        status: Status,
        state: Literal[TaskState.SUCCEEDED, TaskState.FAILED, TaskState.CANCELLED],
    ) -> None:
        row = self._row
        row.state = state
        row.waiting_for = None
        began = row.attempt_started_at
        row.finished_at = max(self._moment(status), began) if began else self._moment(status)
        row.in_flight = None
        row.outbox = ()


def _error(error: ErrorInfo) -> dict[str, Any]:
    return error.model_dump(mode="json", exclude_none=True)
