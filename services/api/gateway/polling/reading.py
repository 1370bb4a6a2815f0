"""Rows of tasks as their statuses tell of them, unless the asker has them already."""

from collections.abc import Mapping, Sequence
from typing import LiteralString
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import DictRow

#: What a TaskStatus is made of. A payload or result may be large, and is not told.
COLUMNS: LiteralString = """
id, customer_id, kind, state, waiting_for, progress, message, generation, attempt, max_attempts,
created_at, due_at, queued_at, started_at, attempt_started_at, finished_at, expires_at,
processing_seconds, error, result_kept_until
"""
# A version names all that the status of a task tells which waits for nothing: its row, and when it
# is published next. `xmin` is the transaction that wrote the row. What a task that waits is told
# (workers, queues, limits) is not in it: see gateway.polling.statuses.
_READ: LiteralString = f"""
SELECT w.place, t.*, t.state = 'pending' AND EXISTS (
    SELECT FROM workers WHERE workers.beat_at > now() - interval '30 seconds'
        AND workers.beat -> 'queues' ? t.queue) AS has_worker
FROM unnest(%(ids)s::uuid[], %(versions)s::text[]) WITH ORDINALITY AS w (id, version, place)
LEFT JOIN LATERAL (
    SELECT {COLUMNS}, queue, o.next_run_at, concat(tasks.xmin, ' ', o.next_run_at) AS version
    FROM tasks, LATERAL (SELECT max(available_at) AS next_run_at FROM outbox
        WHERE outbox.task_id = tasks.id) o
    WHERE tasks.id = w.id LIMIT 1) t ON true
WHERE t.version IS DISTINCT FROM w.version
"""  # noqa: S608 -- constants of this module


async def changed_rows(
    connection: AsyncConnection[DictRow], known: Sequence[tuple[UUID, str]]
) -> Mapping[int, DictRow]:
    """Rows of which not this `version` is known, by their place in `known`.

    Where there is no such task, the `id` is None. Raises psycopg.Error.
    """
    values = {"ids": [id_ for id_, _ in known], "versions": [version for _, version in known]}
    rows = await (await connection.execute(_READ, values)).fetchall()
    return {row["place"] - 1: row for row in rows}
