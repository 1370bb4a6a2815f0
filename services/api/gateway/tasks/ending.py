"""Ends that no worker reports: cancelled before publication, expired, lost, given up by the broker.

They are written, and followed, exactly as an end that a status brings.
"""

from collections.abc import Callable, Iterable, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection

from gateway.recording.loading import lock_tasks
from gateway.recording.projections import ending_projections
from gateway.recording.writing import write_transitions
from gateway.tasks.state_machine import HistoryNote, TaskRow, Transition
from warren.contracts.states import TERMINAL_STATES, TaskState


@dataclass(frozen=True, slots=True)
class Ending:
    """How a task ends: `type` and `data` go into its history, `error` (with `source`) into its row.

    An `error` has `type`, `message` and `source`, as contracts.md names sources; those of dead
    letters make one.
    """

    state: TaskState
    type: str
    data: dict[str, Any] = field(default_factory=dict)
    error: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        if self.state not in TERMINAL_STATES - {TaskState.SUCCEEDED}:
            raise ValueError(f"a task cannot be ended as {self.state}")


def cancelled(by: str) -> Ending:
    """`by` is the actor who asked for it."""
    return Ending(TaskState.CANCELLED, "task.cancelled", {"by": by})


def expired() -> Ending:
    """Not started by its `expires_at`."""
    return Ending(TaskState.EXPIRED, "task.expired")


def failed(source: str, type_: str, message: str) -> Ending:
    """Failed for a reason that no run reported; `type_` and `message` are what callers see."""
    error = {"type": type_, "message": message, "source": source}
    data = {"source": source, "error": {"type": type_, "message": message}}
    return Ending(TaskState.FAILED, "task.failed", data, error)


def end_tasks(
    connection: Connection[Any],
    ids: Iterable[UUID],
    ending_of: Callable[[TaskRow], Ending | None],
) -> list[Transition]:
    """Lock these tasks, and end those that live and for which `ending_of` names an ending.

    Within the caller's transaction, which must hold no lock on the outbox yet. `ending_of` sees
    each task as it is under its lock. Returns what ended.
    """
    wanted = list(ids)
    if not wanted:
        return []
    locked = lock_tasks(connection, wanted)
    endings = [
        (row, ending)
        for row in locked.rows.values()
        if not row.state.is_terminal and (ending := ending_of(row)) is not None
    ]
    return end_locked(connection, endings, locked.now)


def end_locked(
    connection: Connection[Any], endings: Sequence[tuple[TaskRow, Ending]], now: datetime
) -> list[Transition]:
    """End live tasks that `lock_tasks` has locked in this transaction, at its `now`."""
    transitions = [_transition(row, ending, now) for row, ending in endings]
    if transitions:
        write_transitions(connection, transitions)
        for project in ending_projections():
            project(connection, transitions)
    return transitions


def _transition(row: TaskRow, ending: Ending, now: datetime) -> Transition:
    after = copy(row)
    after.state = ending.state
    after.error = ending.error
    after.waiting_for = None
    after.finished_at = now
    after.in_flight = None
    after.outbox = ()
    # The dispatch that will not happen any more, or the last one that did.
    dispatch = max([row.dispatch, *(r.dispatch for r in row.outbox)])
    note = HistoryNote(row.id, row.generation, dispatch, ending.type, row.attempt, now, ending.data)
    return Transition(row, after, notes=[note])
