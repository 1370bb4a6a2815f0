"""Reading tasks; every query names the customer, so that nobody sees another's."""

from dataclasses import dataclass
from typing import LiteralString
from uuid import UUID

from psycopg.rows import DictRow

from gateway.database import Pool
from gateway.problems import NotFound

#: A process that has not beaten for so long does not count as a worker.
_TASK: LiteralString = """
SELECT tasks.*, state <> 'pending' OR EXISTS (
    SELECT FROM workers WHERE workers.beat_at > now() - interval '30 seconds'
        AND workers.beat -> 'queues' ? tasks.queue) AS has_worker
FROM tasks WHERE id = %s AND customer_id = %s
"""
_HISTORY: LiteralString = """
SELECT type, generation, dispatch, attempt, run_id, at, data FROM task_history
WHERE task_id = %s ORDER BY generation, dispatch, recorded_at, type <> 'task.processing', seq
"""


@dataclass(frozen=True, slots=True)
class TaskQueries:
    """What can be asked about one task."""

    pool: Pool

    async def task(self, task_id: UUID, customer_id: UUID) -> DictRow:
        """The row; raises NotFound if the customer has no such task."""
        async with self.pool.connection() as connection:
            row = await (await connection.execute(_TASK, [task_id, customer_id])).fetchone()
        if row is None:
            raise NotFound(f"there is no task {task_id}")
        return row

    async def history(self, task_id: UUID) -> list[DictRow]:
        """Every recorded status, oldest first."""
        async with self.pool.connection() as connection:
            return await (await connection.execute(_HISTORY, [task_id])).fetchall()
