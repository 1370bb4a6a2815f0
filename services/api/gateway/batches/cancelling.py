"""Cancelling a batch: its members are, and it has ended when they have."""

from collections.abc import Iterable, Sequence
from copy import copy
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection

from gateway.recording.loading import LockedTasks, lock_tasks
from gateway.recording.writing import write_transitions
from warren.contracts.state_machine import HistoryNote, TaskRow, Transition
from warren.contracts.states import TaskState

# Also those that one of the tasks waits for.
_BATCHES = """
WITH asked AS (SELECT unnest(%s::uuid[]) AS id)
SELECT task_id FROM batches WHERE task_id IN (SELECT id FROM asked)
UNION SELECT batch_id FROM awaited_batches WHERE task_id IN (SELECT id FROM asked)
"""
_LIVING = "SELECT task_id FROM batch_members WHERE batch_id = ANY (%s::uuid[]) AND state IS NULL"


def lock_with_members(connection: Connection[Any], ids: Iterable[UUID]) -> LockedTasks:
    """Lock these tasks, batches that they wait for, and members of all batches among them that have
    not ended so far, in id order.

    Within the caller's transaction, which must have begun and hold no lock of theirs yet. A batch
    that is locked takes no more members: the intake of a chunk locks it before it adds them.
    """
    wanted = set(ids)
    batches = _ids(connection, _BATCHES, wanted)
    if not batches:
        return lock_tasks(connection, wanted)
    wanted |= batches | _ids(connection, _LIVING, batches)
    connection.execute("SAVEPOINT unlocked")
    while True:
        locked = lock_tasks(connection, wanted)
        living = _ids(connection, _LIVING, batches)
        if living <= wanted:
            return locked
        # More have come while we waited. To lock them beside the others would break the order.
        connection.execute("ROLLBACK TO SAVEPOINT unlocked")
        wanted |= living


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


def _ids(connection: Connection[Any], query: str, of: Iterable[UUID]) -> set[UUID]:
    return {row[0] for row in connection.execute(query, [list(of)]).fetchall()}
