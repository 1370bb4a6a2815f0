"""Batches whose tasks have failed, or expired, while they waited: nobody wants them any more.

What a retry of the task asks for is another batch, of which this one would be a double.
"""

from typing import Any, LiteralString

from psycopg import Connection

from gateway.batches.cancelling import lock_with_members
from gateway.tasks.cancellation import cancel_tasks

_ACTOR = "service:batches"
_BATCH = 20
_LEFT: LiteralString = """
SELECT batch_id FROM awaited_batches WHERE left_at IS NOT NULL ORDER BY left_at LIMIT %s
"""
_STILL_LEFT: LiteralString = """
SELECT batch_id FROM awaited_batches WHERE batch_id = ANY (%s::uuid[]) AND left_at IS NOT NULL
"""
_FORGET: LiteralString = """
DELETE FROM awaited_batches WHERE batch_id = ANY (%s::uuid[]) AND left_at IS NOT NULL
"""


def cancel_left(connection: Connection[Any]) -> int:
    """Cancel such batches, a few in each transaction, until none is left; returns how many.

    Raises psycopg.Error; what was cancelled before stays so.
    """
    count = 0
    while ids := [row[0] for row in connection.execute(_LEFT, [_BATCH]).fetchall()]:
        with connection.transaction():
            # A retry that asks for its batch again holds that: it was first, or is told of the end.
            lock_with_members(connection, ids)
            left = [row[0] for row in connection.execute(_STILL_LEFT, [ids]).fetchall()]
            cancel_tasks(connection, left, _ACTOR)
            connection.execute(_FORGET, [left])
        count += len(left)
    return count
