"""Ends that no worker reports: cancelled while unpublished, expired, lost, given up."""

from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from warren.contracts.state_machine import HistoryNote, TaskRow, Transition
from warren.contracts.states import TERMINAL_STATES, TaskState

#: Failures that are not their caller's fault, and that a kind may want no dead letter of.
_SOURCES = frozenset({"exhausted", "permanent", "crashed", "lost"})


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

    def of(self, row: TaskRow, now: datetime) -> Transition:
        """What it does to a live task; `row` itself is not changed."""
        after = copy(row)
        after.state = self.state
        after.error = self.error
        after.waiting_for = None
        after.finished_at = now
        after.in_flight = None
        after.outbox = ()
        # The dispatch that will not happen any more, or the last one that did.
        dispatch = max([row.dispatch, *(r.dispatch for r in row.outbox)])
        note = HistoryNote(row.id, row.generation, dispatch, self.type, row.attempt, now, self.data)
        return Transition(row, after, notes=[note])


def leaves_letter(task: TaskRow, *, kept: bool = True) -> bool:
    """Whether a task that ended so leaves a dead letter; `kept` is its kind's `dead_letter`.

    What the broker gave up (`delivery_limit`, `undecodable`, `unknown_kind`) always does, with its
    message as it was there: that is none of this rule.
    """
    source = (task.error or {}).get("source")
    return kept and task.state is TaskState.FAILED and source in _SOURCES


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
