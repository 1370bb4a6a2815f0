"""What becomes of lost dispatches: issued again, cancelled, or failed as lost."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection

from gateway.recording.loading import lock_tasks
from gateway.recording.writing import write_transitions
from gateway.sweeping.facts import Custody
from gateway.tasks.ending import end_locked
from warren.contracts.endings import Ending, cancelled, failed
from warren.contracts.state_machine import HistoryNote, InFlight, OutboxRow, TaskRow, Transition
from warren.contracts.states import TaskState

SWEPT = "task.swept"

# Counted where they are kept, so that a retry or a wait in between forgets none.
_COUNT_SWEEPS = """
SELECT task_id, generation, attempt, count(*) FROM task_history
WHERE task_id = ANY (%(ids)s::uuid[]) AND task_id BETWEEN %(low)s AND %(high)s
    AND type = 'task.swept'
GROUP BY task_id, generation, attempt
"""


@dataclass(slots=True)
class Swept:
    """What a sweep did."""

    again: list[UUID] = field(default_factory=list)
    failed: list[UUID] = field(default_factory=list)
    cancelled: list[UUID] = field(default_factory=list)

    def add(self, other: "Swept") -> None:
        """Note what another did, too."""
        self.again += other.again
        self.failed += other.failed
        self.cancelled += other.cancelled


def sweep(
    connection: Connection[Any], lost: Sequence[Custody], runs: frozenset[str], most: int
) -> Swept:
    """Settle what is lost, in one transaction; `runs` are those that live processes hold.

    A task is left alone if anything has happened to it since it was looked at, or if the run that
    it last reported is held. Raises psycopg.Error.
    """
    if not lost:
        return Swept()
    seen = {item.dispatch.task_id: item for item in lost}
    with connection.transaction():
        locked = lock_tasks(connection, seen)
        rows = [row for row in locked.rows.values() if _is_unchanged(row, seen[row.id], runs)]
        return _settle(connection, rows, locked.now, most)


def _settle(
    connection: Connection[Any], rows: Sequence[TaskRow], now: datetime, most: int
) -> Swept:
    counts = _count_sweeps(connection, rows)
    swept = Swept()
    endings: list[tuple[TaskRow, Ending]] = []
    again: list[Transition] = []
    for row in rows:
        sweeps = counts.get((row.id, row.generation, next_attempt(row)), 0)
        if row.state is TaskState.CANCELLING:
            endings.append((row, cancelled("sweeper")))
            swept.cancelled.append(row.id)
        elif sweeps >= most:
            endings.append((row, _lost(sweeps)))
            swept.failed.append(row.id)
        else:
            again.append(issue_again(row, sweeps + 1, now))
            swept.again.append(row.id)
    write_transitions(connection, again)
    end_locked(connection, endings, now)
    return swept


def issue_again(row: TaskRow, sweeps: int, now: datetime) -> Transition:
    """The same attempt as the next dispatch, due at once."""
    held = _in_flight(row)
    after = copy(row)
    after.state = TaskState.PENDING
    after.waiting_for = None
    after.attempt = next_attempt(row)
    if after.attempt != row.attempt:
        after.progress, after.message = 0, None
    after.in_flight = None
    after.outbox = (OutboxRow(held.generation, held.dispatch + 1, after.attempt, 0.0),)
    note = HistoryNote(
        row.id, held.generation, held.dispatch, SWEPT, after.attempt, now, {"sweeps": sweeps}
    )
    return Transition(row, after, notes=[note])


def next_attempt(row: TaskRow) -> int:
    """The attempt of a dispatch in flight: a retry was published but has not reported yet."""
    return row.attempt + 1 if row.state is TaskState.RETRYING else row.attempt


def _is_unchanged(row: TaskRow, seen: Custody, runs: frozenset[str]) -> bool:
    held = row.in_flight
    if held is None or row.state.is_terminal or row.outbox or str(row.run_id) in runs:
        return False
    dispatch = seen.dispatch
    return (held.generation, held.dispatch) == (dispatch.generation, dispatch.dispatch)


def _in_flight(row: TaskRow) -> InFlight:
    if row.in_flight is None:
        raise ValueError(f"task {row.id} is not in flight")
    return row.in_flight


def _lost(sweeps: int) -> Ending:
    return failed(
        "lost",
        "Lost",
        f"the task was issued again {sweeps} times and no worker has reported its end",
    )


def _count_sweeps(
    connection: Connection[Any], rows: Sequence[TaskRow]
) -> dict[tuple[UUID, int, int], int]:
    if not rows:
        return {}
    ids = sorted(row.id for row in rows)
    found = connection.execute(_COUNT_SWEEPS, {"ids": ids, "low": ids[0], "high": ids[-1]})
    return {(task, generation, attempt): count for task, generation, attempt, count in found}
