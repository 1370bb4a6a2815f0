"""How many tasks come before a task that waits, found out when somebody asks."""

from typing import LiteralString
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import DictRow

#: A longer queue is not counted: its position would be out of date before it was read.
MOST = 1_000
# What the broker has comes first, in the order of its publication; then the caller's own rows in
# the order in which relays claim them.
_POSITION: LiteralString = """
SELECT 1 + (SELECT count(*) FROM (
    SELECT FROM in_flight a WHERE a.queue = f.queue AND a.started_at IS NULL
        AND (a.published_at, a.task_id) < (f.published_at, f.task_id) LIMIT %(most)s) ahead)
    AS position
FROM in_flight f WHERE f.task_id = %(id)s AND f.started_at IS NULL
UNION ALL
(SELECT 1 + (SELECT count(*) FROM (
    SELECT FROM in_flight a WHERE a.queue = o.queue AND a.started_at IS NULL
        LIMIT %(most)s) published)
    + (SELECT count(*) FROM (
    SELECT FROM outbox a WHERE a.queue = o.queue AND a.customer_id = o.customer_id
        AND a.limit_key = o.limit_key
        AND (a.available_at, a.task_id) < (o.available_at, o.task_id) LIMIT %(most)s) waiting)
FROM outbox o WHERE o.task_id = %(id)s AND o.available_at <= now()
ORDER BY o.generation DESC, o.dispatch DESC LIMIT 1)
"""


async def queue_position(connection: AsyncConnection[DictRow], task_id: UUID) -> int | None:
    """From 1; None if the task is not due, has started, or comes after more than MOST others.

    Tasks of other callers that wait unpublished are not counted: whose turn is when is decided
    when there is room.
    """
    row = await (await connection.execute(_POSITION, {"id": task_id, "most": MOST})).fetchone()
    if row is None or row["position"] > MOST:
        return None
    return int(row["position"])
