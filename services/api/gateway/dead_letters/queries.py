"""Reading dead letters."""

from dataclasses import dataclass
from typing import LiteralString
from uuid import UUID

from psycopg.rows import DictRow

from gateway.database import Pool, row_of, rows_of
from gateway.dead_letters.selection import LetterFilter
from gateway.paging import id_below
from gateway.problems import NotFound

#: Groups that are listed at most; whoever has more sees the most frequent.
_MOST_CAUSES = 200

# The task has moved on: it succeeded after all, was stopped, or has started again.
_MOOT: LiteralString = (
    "(t.id IS NOT NULL AND (t.generation <> d.generation OR t.state <> 'failed'))"
)
_FROM: LiteralString = " FROM dead_letters d LEFT JOIN tasks t ON t.id = d.task_id WHERE "
_RESOLUTIONS: dict[str, LiteralString] = {
    "open": "d.resolution IS NULL",
    "replayed": "d.resolution = 'replayed'",
    "discarded": "d.resolution = 'discarded'",
    "all": "true",
}
_CAUSE: LiteralString = f"""
SELECT d.source, d.kind, d.cause, count(*) AS count, count(*) FILTER (WHERE {_MOOT}) AS moot,
    array_agg(DISTINCT d.queue) AS queues, min(d.recorded_at) AS first_at,
    max(d.recorded_at) AS last_at, (array_agg(d.id ORDER BY d.id DESC))[1] AS sample_id
"""
_GROUPED: LiteralString = (
    " GROUP BY d.source, d.kind, d.cause ORDER BY count DESC, last_at DESC LIMIT %(most)s"
)


@dataclass(frozen=True, slots=True)
class LetterQueries:
    """What operators can ask about dead letters."""

    pool: Pool

    async def letter(self, letter_id: UUID) -> DictRow:
        """The whole row with `moot`; raises NotFound."""
        query: LiteralString = f"SELECT d.*, {_MOOT} AS moot{_FROM}d.id = %s"
        row = await row_of(self.pool, query, [letter_id])
        if row is None:
            raise NotFound(f"there is no dead letter {letter_id}")
        return row

    async def page(
        self, chosen: LetterFilter, resolution: str, cursor: str | None, limit: int
    ) -> list[DictRow]:
        """At most `limit` letters of the filter, newest first, behind the cursor."""
        conditions, values = chosen.conditions()
        conditions.append(_RESOLUTIONS[resolution])
        if cursor is not None:
            conditions.append("d.id < %(cursor)s")
            values["cursor"] = id_below(cursor)
        query: LiteralString = f"SELECT d.*, {_MOOT} AS moot{_FROM}"
        query = query + " AND ".join(conditions) + " ORDER BY d.id DESC LIMIT %(limit)s"
        return await rows_of(self.pool, query, {**values, "limit": limit})

    async def causes(self, chosen: LetterFilter) -> list[DictRow]:
        """Open letters of the filter, grouped by what went wrong."""
        conditions, values = chosen.conditions()
        conditions.append(_RESOLUTIONS["open"])
        query = _CAUSE + _FROM + " AND ".join(conditions) + _GROUPED
        async with self.pool.connection() as connection:
            return await (
                await connection.execute(query, {**values, "most": _MOST_CAUSES})
            ).fetchall()
