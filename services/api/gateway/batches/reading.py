"""What callers see of a batch: numbers, and its members page by page."""

from typing import Any, LiteralString
from uuid import UUID

from psycopg.rows import class_row

from gateway.batches.tally import TALLIES
from gateway.database import Pool, rows_of
from gateway.tasks.schemas import BatchCounts
from warren.contracts.batch_end import Tally

_MEMBERS: LiteralString = """
SELECT m.position, m.task_id, t.kind, t.state AS status, t.progress, t.generation,
    t.error - 'traceback' AS error
FROM batch_members m JOIN tasks t ON t.id = m.task_id
WHERE m.batch_id = %s AND m.position > %s ORDER BY m.position LIMIT %s
"""


async def batch_counts(pool: Pool, batch_id: UUID) -> BatchCounts | None:
    """How many members there are, and how they have ended; None if its members are forgotten."""
    async with pool.connection() as connection:
        cursor = connection.cursor(row_factory=class_row(Tally))
        tally = await (await cursor.execute(TALLIES, [[batch_id]])).fetchone()
    return BatchCounts(known=tally.known, **tally.counts) if tally else None


async def members_page(pool: Pool, batch_id: UUID, above: int, limit: int) -> list[dict[str, Any]]:
    """The members whose position is above `above`, in order."""
    return await rows_of(pool, _MEMBERS, [batch_id, above, limit])
