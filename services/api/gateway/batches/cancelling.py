"""Cancelling a batch: its members are, and it has ended when they have."""

from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection

from gateway.recording.loading import LockedTasks, lock_tasks
from gateway.recording.writing import write_transitions
from warren.contracts.state_machine import HistoryNote, TaskRow, Transition
from warren.contracts.states import TaskState

# With tasks the batches that they wait for, with batches their members that live, and so on. To a
# batch that has ended nothing belongs any more: its members that were started again by themselves
# go on.
_CONCERNED = """
WITH RECURSIVE concerned AS (
    SELECT unnest(%s::uuid[]) AS id
    UNION
    SELECT more.id FROM concerned c CROSS JOIN LATERAL (
        SELECT a.batch_id AS id FROM awaited_batches a WHERE a.task_id = c.id
        UNION ALL
        SELECT m.task_id FROM batches b JOIN batch_members m ON m.batch_id = b.task_id
        WHERE b.task_id = c.id AND b.ended_at IS NULL AND m.state IS NULL
    ) AS more
)
SELECT id FROM concerned
"""


def lock_with_members(connection: Connection[Any], ids: Iterable[UUID]) -> LockedTasks:
    """Lock these tasks, batches that they wait for, and members of all batches among them that have
    not ended so far, in id order; likewise what those members wait for.

    Within the caller's transaction, which must have begun and hold no lock of theirs yet. A task
    that is locked gets no more: the intake of a command locks who asks, and the batch, before it
    makes anything.
    """
    asked = list(ids)
    wanted = _concerned(connection, asked)
    connection.execute("SAVEPOINT unlocked")
    while True:
        locked = lock_tasks(connection, wanted)
        found = _concerned(connection, asked)
        if found <= wanted:
            # What belonged to a batch that ended while we waited is not meant.
            return replace(locked, rows={i: row for i, row in locked.rows.items() if i in found})
        # More have come while we waited. To lock them beside the others would break the order.
        connection.execute("ROLLBACK TO SAVEPOINT unlocked")
        wanted = found


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


def _concerned(connection: Connection[Any], ids: Iterable[UUID]) -> set[UUID]:
    return {row[0] for row in connection.execute(_CONCERNED, [list(ids)]).fetchall()}
