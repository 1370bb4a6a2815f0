"""Chores: tombstones that are confirmed go, and no sync waits for an end that came unseen."""

from typing import Any, LiteralString
from uuid import UUID

import structlog
from psycopg import Connection

from gateway.reconciling.artifacts import drop_artifacts
from gateway.reconciling.decision import decide_end
from gateway.reconciling.issuing import PARKED_UNTIL, release
from gateway.reconciling.rows import lock_syncs, read_syncs, tasks_of, write_syncs
from gateway.recording.loading import lock_tasks

_log = structlog.get_logger("warren.housekeeper")
_STEP = 500

#: An hour, so that a late word about one of them is still understood.
_GONE: LiteralString = """
SELECT entity_id FROM syncs
WHERE deleted AND state = 'synced' AND synced_at < now() - interval '1 hour'
ORDER BY synced_at LIMIT %s FOR UPDATE SKIP LOCKED
"""
_FORGET: LiteralString = """
WITH a AS (DELETE FROM documents WHERE id = ANY (%(ids)s::uuid[])),
    b AS (DELETE FROM faqs WHERE id = ANY (%(ids)s::uuid[]))
DELETE FROM syncs WHERE entity_id = ANY (%(ids)s::uuid[])
"""
# The sync before has ended, or is not even known any more.
_STUCK: LiteralString = """
SELECT s.entity_id FROM syncs s LEFT JOIN tasks t ON t.id = s.task_id
WHERE s.next_task_id IS NOT NULL
    AND (t.id IS NULL OR t.state IN ('succeeded', 'failed', 'cancelled', 'expired'))
LIMIT %s
"""
_UNCLAIMED: LiteralString = f"""
SELECT o.task_id FROM outbox o
WHERE o.available_at = '{PARKED_UNTIL}'
    AND NOT EXISTS (SELECT FROM syncs s WHERE s.next_task_id = o.task_id)
LIMIT %s
"""  # noqa: S608 -- a constant


def forget_gone(connection: Connection[Any]) -> int:
    """Delete what was deleted on both sides; its files are orphans then. Returns how much."""
    forgotten = 0
    while True:
        with connection.transaction():
            ids = [row[0] for row in connection.execute(_GONE, [_STEP])]
            if not ids:
                return forgotten
            drop_artifacts(connection, ids)
            connection.execute(_FORGET, {"ids": ids})
        forgotten += len(ids)


def free_stuck(connection: Connection[Any]) -> int:
    """Let syncs be published that wait for nothing; returns how many. There should be none."""
    stuck = [row[0] for row in connection.execute(_STUCK, [_STEP])]
    freed = sum(_advance(connection, entity_id) for entity_id in stuck)
    with connection.transaction():
        unclaimed = [row[0] for row in connection.execute(_UNCLAIMED, [_STEP])]
        if unclaimed:
            lock_tasks(connection, unclaimed)
            release(connection, unclaimed)
    freed += len(unclaimed)
    if freed:
        _log.warning(
            "syncs that waited for nothing go on now; tell whoever makes this", count=freed
        )
    return freed


def _advance(connection: Connection[Any], entity_id: UUID) -> bool:
    with connection.transaction():
        named = tasks_of(read_syncs(connection, [entity_id]).values())
        tasks = lock_tasks(connection, named).rows if named else {}
        row = lock_syncs(connection, [entity_id]).get(entity_id)
        if row is None or row.next_task_id is None or row.task_id is None:
            return False
        current = tasks.get(row.task_id)
        is_over = row.task_id in named and (current is None or current.state.is_terminal)
        if not is_over or row.next_task_id not in named:
            return False
        error = {"type": "Unknown", "message": "how the sync before ended was not seen"}
        after = decide_end(row, row.task_id, error, was_published=True)
        write_syncs(connection, [after])
        release(connection, [row.next_task_id])
        return True
