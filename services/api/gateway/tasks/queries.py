"""Reading tasks; what names no customer is for operators."""

import time
from dataclasses import dataclass
from typing import LiteralString
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from gateway.database import Pool
from gateway.problems import NotFound
from gateway.tasks.explaining import MAY_WAIT, explanations
from gateway.tasks.selection import TaskFilter
from gateway.tasks.selection_windows import (
    Window,
    choosing,
    largest_window,
    window_values,
)

#: Seconds for which a list looks for tasks, before it answers with what it has found.
PATIENCE = 0.5
#: How much more rows are looked at each time.
_GROWTH = 4
#: A process that has not beaten for so long does not count as a worker.
_ANY_TASK: LiteralString = """
SELECT tasks.*, state <> 'pending' OR EXISTS (
    SELECT FROM workers WHERE workers.beat_at > now() - interval '30 seconds'
        AND workers.beat -> 'queues' ? tasks.queue) AS has_worker,
    (SELECT max(available_at) FROM outbox WHERE outbox.task_id = tasks.id) AS next_run_at
FROM tasks WHERE id = %s
"""
_TASK: LiteralString = f"{_ANY_TASK} AND customer_id = %s"
_SUMMARIES: LiteralString = """
SELECT id, customer_id, user_id, kind, queue, lane, state, generation, attempt, max_attempts,
    progress, message, error, created_at, due_at, started_at, finished_at,
    (SELECT max(available_at) FROM outbox WHERE outbox.task_id = tasks.id) AS next_run_at
FROM tasks WHERE id = ANY (%(ids)s::uuid[]) AND id BETWEEN %(low)s AND %(high)s ORDER BY id DESC
"""


@dataclass(frozen=True, slots=True)
class TaskQueries:
    """What can be asked about tasks."""

    pool: Pool

    async def task(self, task_id: UUID, customer_id: UUID) -> DictRow:
        """The row; raises NotFound if the customer has no such task."""
        async with self.pool.connection() as connection:
            row = await (await connection.execute(_TASK, [task_id, customer_id])).fetchone()
            if row is None:
                raise NotFound(f"there is no task {task_id}")
            return await _explained(connection, row)

    async def exists(self, task_id: UUID) -> bool:
        """Whether there is such a task, whoever's it is."""
        async with self.pool.connection() as connection:
            cursor = await connection.execute("SELECT FROM tasks WHERE id = %s", [task_id])
            return await cursor.fetchone() is not None

    async def any_task(self, task_id: UUID) -> DictRow:
        """The row, whoever's it is: for operators. Raises NotFound."""
        async with self.pool.connection() as connection:
            row = await (await connection.execute(_ANY_TASK, [task_id])).fetchone()
            if row is None:
                raise NotFound(f"there is no task {task_id}")
            return await _explained(connection, row)

    async def page(
        self, chosen: TaskFilter, below: UUID, limit: int
    ) -> tuple[list[DictRow], UUID | None]:
        """At most `limit` tasks of the filter with ids below `below`, newest first.

        Also where to go on: there may be more even if these are few, or none, as it looks for
        PATIENCE seconds only. None at the end.
        """
        async with self.pool.connection() as connection:
            ids, end = await _looked_for(connection, chosen, below, limit)
            if not ids:
                return [], end
            keys = {"ids": ids, "low": ids[-1], "high": ids[0]}
            rows = await (await connection.execute(_SUMMARIES, keys)).fetchall()
        return rows, end


async def _looked_for(
    connection: AsyncConnection[DictRow], chosen: TaskFilter, below: UUID, limit: int
) -> tuple[list[UUID], UUID | None]:
    """Windows that grow: most filters are satisfied by few rows, some by none of many."""
    query = choosing(chosen, newest_first=True)
    until = time.monotonic() + PATIENCE
    largest = largest_window(chosen)
    size, ids = min(largest, _GROWTH * limit), list[UUID]()
    while True:
        began = time.monotonic()
        values = window_values(chosen, UUID(int=0), below, limit=limit - len(ids), window=size)
        (found,) = await (await connection.execute(query, values)).fetchall()
        window = Window.of(found["ids"], found["last"], found["looked_at"], values)
        ids += window.ids
        now = time.monotonic()
        larger = min(largest, _GROWTH * size)
        expected = (now - began) * larger / size
        if window.end is None or len(ids) >= limit or now + expected > until:
            return ids, window.end
        below, size = window.end, larger


async def _explained(connection: AsyncConnection[DictRow], row: DictRow) -> DictRow:
    if row["state"] not in MAY_WAIT:
        return row
    found = await explanations(connection, [row["id"]])
    return found[row["id"]].of(row)
