"""Custody that nothing explains, and dispatches whose time to start by has passed."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from psycopg import Connection

from gateway.recording.loading import lock_tasks
from gateway.tasks.ending import end_tasks
from warren.contracts.endings import Ending, expired
from warren.contracts.state_machine import TaskRow

_ORPHANS = """
SELECT f.task_id FROM in_flight f LEFT JOIN tasks t ON t.id = f.task_id
WHERE t.id IS NULL OR t.generation > f.generation
    OR t.state IN ('succeeded', 'failed', 'cancelled', 'expired')
ORDER BY f.task_id LIMIT 1000
"""
# Once more under the locks: a relay that publishes the next generation may have come between.
_DELETE_ORPHANS = """
DELETE FROM in_flight f WHERE f.task_id = ANY (%s) AND NOT EXISTS (
    SELECT FROM tasks t WHERE t.id = f.task_id AND t.generation <= f.generation
        AND t.state NOT IN ('succeeded', 'failed', 'cancelled', 'expired'))
"""
_OVERDUE = """
SELECT f.task_id FROM in_flight f JOIN tasks t ON t.id = f.task_id
WHERE f.started_at IS NULL AND t.expires_at < now() LIMIT 1000
"""


def delete_orphans(connection: Connection[Any]) -> int:
    """Delete custody of tasks that have ended or are gone; returns how many rows there were."""
    with connection.transaction():
        ids = [row[0] for row in connection.execute(_ORPHANS)]
        if not ids:
            return 0
        lock_tasks(connection, ids)
        return connection.execute(_DELETE_ORPHANS, [ids]).rowcount


def overdue(connection: Connection[Any]) -> set[UUID]:
    """Tasks that were published, are not known to have started, and have expired."""
    return {row[0] for row in connection.execute(_OVERDUE)}


def expire(connection: Connection[Any], ids: Iterable[UUID]) -> int:
    """End those that no run has ever reported on; returns how many."""
    with connection.transaction():
        return len(end_tasks(connection, sorted(ids), _expiry))


def _expiry(row: TaskRow) -> Ending | None:
    never_started = (row.dispatch, row.rank) == (1, 0) and row.in_flight is not None
    return expired() if never_started else None
