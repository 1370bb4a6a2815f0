"""What stands in which queue, and steering queues."""

from datetime import datetime
from typing import LiteralString

from psycopg import AsyncConnection
from psycopg.rows import DictRow
from pydantic import BaseModel

from gateway.auditing.changes import Action, Change
from warren.contracts.lanes import Lane, Pool, queue_name
from warren.errors import ConfigurationError

#: By `name`, or of all if that is NULL.
OVERVIEW: LiteralString = """
WITH waiting AS (
    SELECT queue, count(*) AS waiting, count(*) FILTER (WHERE available_at <= now()) AS due,
        extract(epoch FROM now() - min(available_at))::double precision AS age
    FROM outbox GROUP BY queue
), flying AS (
    SELECT queue, count(*) AS in_flight, count(*) FILTER (WHERE started_at IS NULL) AS unstarted
    FROM in_flight GROUP BY queue
), served AS (
    SELECT queue, count(*) AS workers, sum((beat ->> 'slots_total')::int)::int AS slots
    FROM workers CROSS JOIN LATERAL jsonb_array_elements_text(beat -> 'queues') AS queue
    WHERE beat_at > now() - interval '30 seconds' GROUP BY queue
)
SELECT queue AS name, coalesce(waiting, 0) AS waiting, coalesce(due, 0) AS due,
    CASE WHEN age >= 0 THEN age END AS oldest_due_seconds,
    coalesce(in_flight, 0) AS in_flight, coalesce(unstarted, 0) AS unstarted,
    coalesce(workers, 0) AS workers, coalesce(slots, 0) AS slots,
    paused_at IS NOT NULL AS paused, paused_at, paused_by
FROM waiting FULL JOIN flying USING (queue) FULL JOIN served USING (queue)
    FULL JOIN queue_controls USING (queue)
WHERE %(name)s::text IS NULL OR queue = %(name)s
ORDER BY queue
"""
# Paused again, it stays as it was paused first.
_PAUSE: LiteralString = """
INSERT INTO queue_controls AS known (queue, paused_at, paused_by) VALUES (%s, now(), %s)
ON CONFLICT (queue) DO UPDATE SET paused_at = excluded.paused_at, paused_by = excluded.paused_by
WHERE known.paused_at IS NULL
"""
# A queue without tasks is known by its workers, by a pause, or by an announced job.
_KNOWN: LiteralString = """
SELECT EXISTS (SELECT FROM outbox WHERE queue = %(queue)s)
    OR EXISTS (SELECT FROM in_flight WHERE queue = %(queue)s)
    OR EXISTS (SELECT FROM queue_controls WHERE queue = %(queue)s)
    OR EXISTS (SELECT FROM workers WHERE beat -> 'queues' ? %(queue)s)
    OR EXISTS (SELECT FROM job_kinds
        WHERE service || coalesce('.' || (definition ->> 'pool'), '') = %(service_and_pool)s)
    AS known
"""
_RESUME: LiteralString = "DELETE FROM queue_controls WHERE queue = %s AND paused_at IS NOT NULL"
_WAKE: LiteralString = "SELECT pg_notify('warren_outbox', '')"


class QueueView(BaseModel):
    """A queue of tasks.

    `waiting`: tasks that are not in the broker, of which `due` could be; `in_flight`: published and
    not ended, of which `unstarted` wait for a worker in the broker.
    """

    name: str
    lane: str
    waiting: int
    due: int
    oldest_due_seconds: float | None
    in_flight: int
    unstarted: int
    workers: int
    slots: int
    paused: bool
    paused_at: datetime | None
    paused_by: str | None


def is_queue_name(name: str) -> bool:
    """Whether a task could ever be in a queue of this name."""
    try:
        service, *pool, lane = name.split(".")
        return name == queue_name(service, Lane(lane), Pool(pool[0]) if pool else None)
    except (ValueError, ConfigurationError):
        return False


async def queues(connection: AsyncConnection[DictRow], name: str | None = None) -> list[QueueView]:
    """All queues with tasks, workers or a pause, or the one named so; counts all waiting rows."""
    cursor = await connection.execute(OVERVIEW, {"name": name})
    return [
        QueueView(lane=row["name"].rpartition(".")[2], **row) for row in await cursor.fetchall()
    ]


async def is_known(connection: AsyncConnection[DictRow], name: str) -> bool:
    """Whether the queue has tasks, workers or a pause, or a job that could be put into it."""
    values = {"queue": name, "service_and_pool": name.rpartition(".")[0]}
    row = await (await connection.execute(_KNOWN, values)).fetchone()
    return bool(row and row["known"])


async def pause(connection: AsyncConnection[DictRow], name: str, actor: str) -> None:
    """From the next look of each relay on, nothing of this queue is published."""
    async with connection.transaction():
        paused = await connection.execute(_PAUSE, [name, actor])
        if paused.rowcount:
            await Change(actor, Action.QUEUE_PAUSED, name).record_beside(connection)


async def resume(connection: AsyncConnection[DictRow], name: str, actor: str) -> None:
    """Publish again, at once."""
    async with connection.transaction():
        resumed = await connection.execute(_RESUME, [name])
        if resumed.rowcount:
            await Change(actor, Action.QUEUE_RESUMED, name).record_beside(connection)
        await connection.execute(_WAKE)
