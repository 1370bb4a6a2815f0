"""How many tasks come before those that wait, found out when somebody asks."""

from collections.abc import Mapping, Sequence
from typing import LiteralString
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import DictRow

#: A longer queue is not counted: its position would be out of date before it was read.
MOST = 1_000
# What the broker has comes first, in the order of its publication; then the caller's own rows in
# the order in which relays claim them.
_POSITIONS: LiteralString = """
SELECT w.id, p.position FROM unnest(%(ids)s::uuid[]) AS w (id), LATERAL (
    SELECT 1 + (SELECT count(*) FROM (
        SELECT FROM in_flight a WHERE a.queue = f.queue AND a.started_at IS NULL
            AND (a.published_at, a.task_id) < (f.published_at, f.task_id) LIMIT %(most)s) ahead)
        AS position
    FROM in_flight f WHERE f.task_id = w.id AND f.started_at IS NULL
    UNION ALL
    (SELECT 1 + (SELECT count(*) FROM (
        SELECT FROM in_flight a WHERE a.queue = o.queue AND a.started_at IS NULL
        UNION ALL
        SELECT FROM outbox a WHERE a.queue = o.queue AND a.customer_id = o.customer_id
            AND a.limit_key = o.limit_key
            AND (a.available_at, a.task_id) < (o.available_at, o.task_id)
        LIMIT %(most)s) ahead)
    FROM outbox o WHERE o.task_id = w.id AND o.available_at <= now()
    ORDER BY o.generation DESC, o.dispatch DESC LIMIT 1)
    LIMIT 1) p
WHERE p.position <= %(most)s
"""


async def queue_positions(
    connection: AsyncConnection[DictRow], task_ids: Sequence[UUID]
) -> Mapping[UUID, int]:
    """From 1; of tasks that are not due, have started or come after more than MOST others, none.

    Tasks of other callers that wait unpublished are not counted: whose turn is when is decided
    when there is room. Raises psycopg.Error.
    """
    values = {"ids": task_ids, "most": MOST}
    rows = await (await connection.execute(_POSITIONS, values)).fetchall()
    return {row["id"]: row["position"] for row in rows}
