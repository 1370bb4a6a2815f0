"""Ending tasks that need no call any more, or never needed one."""

from collections.abc import Callable, Iterable
from copy import copy
from datetime import datetime
from typing import Any

from psycopg import Connection

from gateway.batches.counting import count_members
from gateway.recording.writing import write_transitions
from gateway.tasks.unique_keys import free_unique_keys
from warren.contracts.state_machine import HistoryNote, TaskRow, Transition
from warren.contracts.states import TaskState

#: What the end of a task tells: the result's own fields.
ResultOf = Callable[[TaskRow], dict[str, Any]]


def end_without_call(
    connection: Connection[Any], rows: Iterable[TaskRow], result_of: ResultOf, now: datetime
) -> None:
    """End tasks that `lock_tasks` has locked in this transaction as succeeded, at its `now`."""
    transitions = [_succeeded(row, result_of(row), now) for row in rows]
    if transitions:
        write_transitions(connection, transitions)
        free_unique_keys(connection, transitions)
        count_members(connection, transitions)


def _succeeded(row: TaskRow, result: dict[str, Any], now: datetime) -> Transition:
    after = copy(row)
    after.state = TaskState.SUCCEEDED
    after.result = result
    after.error = None
    after.waiting_for = None
    after.progress = 100
    after.finished_at = now
    after.in_flight = None
    after.outbox = ()
    dispatch = max([row.dispatch, *(r.dispatch for r in row.outbox)])
    note = HistoryNote(
        row.id, row.generation, dispatch, "task.succeeded", row.attempt, now, {"result": result}
    )
    return Transition(row, after, notes=[note])
