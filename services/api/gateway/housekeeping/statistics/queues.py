"""Counting what each queue holds."""

from typing import Any

from psycopg import Connection

from gateway.housekeeping.statistics.jobs import QueueNumbers, QueueReport

_QUEUES = """
WITH counted AS (
    SELECT queue, count(*) FILTER (WHERE available_at <= now()) AS waiting,
        count(*) FILTER (WHERE available_at > now()) AS delayed,
        count(*) FILTER (WHERE attempt > 1) AS retry_backlog,
        0::bigint AS published, 0::bigint AS running, 0::bigint AS failures
    FROM outbox GROUP BY queue
    UNION ALL
    SELECT queue, 0, 0, 0, count(*) FILTER (WHERE started_at IS NULL), count(started_at), 0
    FROM in_flight GROUP BY queue
    UNION ALL
    SELECT queue, 0, 0, 0, 0, 0, count(*) FROM dead_letters WHERE resolution IS NULL GROUP BY queue
)
SELECT queue, now(), sum(waiting)::bigint, sum(delayed)::bigint, sum(retry_backlog)::bigint,
    sum(published)::bigint, sum(running)::bigint, sum(failures)::bigint
FROM counted GROUP BY queue ORDER BY queue
"""
_FIELDS = tuple(QueueNumbers.model_fields)


def measure_queues(connection: Connection[Any]) -> QueueReport:
    """Count the rows of every queue in one moment."""
    ((now,),) = connection.execute("SELECT now()").fetchall()
    rows = connection.execute(_QUEUES).fetchall()
    queues = {
        queue: QueueNumbers(**dict(zip(_FIELDS, numbers, strict=True)))
        for queue, _, *numbers in rows
    }
    return QueueReport(timestamp=rows[0][1] if rows else now, queues=queues)
