"""Cancelling a batch: its members are, and it has ended when they have."""

from collections.abc import Iterable, Sequence
from copy import copy
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection

from gateway.recording.writing import write_transitions
from gateway.tasks.state_machine import HistoryNote, TaskRow, Transition
from warren.contracts.states import TaskState

_LIVING = "SELECT task_id FROM batch_members WHERE batch_id = ANY (%s::uuid[]) AND state IS NULL"


def living_members(connection: Connection[Any], ids: Iterable[UUID]) -> list[UUID]:
    """The members, not ended so far, of those of these tasks that are batches."""
    return [row[0] for row in connection.execute(_LIVING, [list(ids)]).fetchall()]


def begin_cancelling(
    connection: Connection[Any], batches: Sequence[TaskRow], actor: str, now: datetime
) -> None:
    """Let these locked batches take no more members, and issue nothing after the last end."""
    transitions = []
    for row in batches:
        after = copy(row)
        after.state, after.waiting_for = TaskState.CANCELLING, None
        note = HistoryNote(
            row.id, row.generation, row.dispatch, "task.cancelling", row.attempt, now, {"by": actor}
        )
        transitions.append(Transition(row, after, notes=[note]))
    write_transitions(connection, transitions)
