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

# Also those that one of the tasks waits for.
_BATCHES = """
WITH asked AS (SELECT unnest(%s::uuid[]) AS id)
SELECT task_id FROM batches WHERE task_id IN (SELECT id FROM asked)
UNION SELECT batch_id FROM awaited_batches WHERE task_id IN (SELECT id FROM asked)
"""
_LIVING = "SELECT task_id FROM batch_members WHERE batch_id = ANY (%s::uuid[]) AND state IS NULL"


def lock_with_members(connection: Connection[Any], ids: Iterable[UUID]) -> LockedTasks:
    """Lock these tasks, batches that they wait for, and members of all batches among them that have
    not ended so far, in id order. Of what has ended already nothing belongs to it any more: members
    of an ended batch that were started again by themselves go on.

    Within the caller's transaction, which must have begun and hold no lock of theirs yet. A batch
    that is locked takes no more members: the intake of a chunk locks it before it adds them.
    """
    asked = set(ids)
    batches = _ids(connection, _BATCHES, asked)
    if not batches:
        return lock_tasks(connection, asked)
    wanted = asked | batches | _ids(connection, _LIVING, batches)
    connection.execute("SAVEPOINT unlocked")
    while True:
        locked = lock_tasks(connection, wanted)
        living = _ids(connection, _LIVING, batches)
        if living <= wanted:
            return _still_meant(connection, locked, asked)
        # More have come while we waited. To lock them beside the others would break the order.
        connection.execute("ROLLBACK TO SAVEPOINT unlocked")
        wanted |= living


def _still_meant(connection: Connection[Any], locked: LockedTasks, asked: set[UUID]) -> LockedTasks:
    """Those that were asked for, and what belongs to the ones among them that have not ended."""
    batches = _ids(connection, _BATCHES, asked & _unended(locked))
    members = _ids(connection, _LIVING, batches & _unended(locked))
    meant = asked | batches | members
    return replace(locked, rows={id_: row for id_, row in locked.rows.items() if id_ in meant})


def _unended(locked: LockedTasks) -> set[UUID]:
    return {row.id for row in locked.rows.values() if not row.state.is_terminal}


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
