"""Ends tasks that were to start by a time and still wait as rows, wherever they wait.

A relay ends those that it reaches (relaying/expiry.py). It reaches none in a paused queue, and
not all behind a limit or in a long backlog. Published ones are the sweeper's.
"""

from typing import Any
from uuid import UUID

from psycopg import Connection

from gateway.recording.loading import lock_tasks
from gateway.relaying.intents import possibly_published
from gateway.tasks.ending import end_locked
from warren.contracts.endings import expired
from warren.contracts.state_machine import TaskRow

#: Tasks that one transaction ends at most.
_BATCH = 500
_OVERDUE = """
SELECT task_id FROM outbox WHERE expires_at <= now() AND NOT task_id = ANY (%s::uuid[])
ORDER BY expires_at LIMIT %s
"""
# What has run before does not expire, and is not looked at again.
_LEAVE = "UPDATE outbox SET expires_at = NULL WHERE task_id = ANY (%s::uuid[])"


def expire_waiting(connection: Connection[Any]) -> int:
    """End all that wait, have never run and had to start by now; returns how many.

    Raises psycopg.Error; what was ended before stays ended.
    """
    ended = 0
    doubtful: set[UUID] = set()
    while True:
        rows = connection.execute(_OVERDUE, [list(doubtful), _BATCH]).fetchall()
        if not rows:
            return ended
        ids = [task_id for (task_id,) in rows]
        with connection.transaction():
            locked = lock_tasks(connection, ids)
            # A message of these may be on its way: a worker decides, or a relay when it looks.
            unsure = set(possibly_published(connection, ids))
            late = [row for row in locked.rows.values() if _waits(row) and row.id not in unsure]
            gone = end_locked(connection, [(row, expired()) for row in late], locked.now)
            left = set(ids) - unsure - {transition.after.id for transition in gone}
            connection.execute(_LEAVE, [list(left)])
        ended += len(gone)
        doubtful |= unsure


def _waits(row: TaskRow) -> bool:
    """Whether no run of this generation has ever reported, and none can."""
    if row.state.is_terminal or row.in_flight is not None:
        return False
    return bool(row.outbox) and row.started_at is None
