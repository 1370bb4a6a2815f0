"""Reading FAQs; tombstones are not shown."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

from psycopg.rows import DictRow

from gateway.database import Pool, row_of, rows_of
from gateway.faqs.problems import FaqNotFound, ImportNotFound
from gateway.paging import like_pattern

_SELECT: LiteralString = """
SELECT f.*, f.id AS faq_id, s.state, s.desired_version, s.synced_version, s.synced_at, s.task_id,
    s.next_task_id, s.last_error
FROM faqs f JOIN syncs s ON s.entity_id = f.id
WHERE f.customer_id = %(customer)s AND NOT s.deleted
"""
_ONE: LiteralString = f"{_SELECT} AND f.id = %(id)s"
_PAGE: LiteralString = f"""{_SELECT} AND f.id < %(below)s
    AND (%(sync)s::text IS NULL OR s.state = %(sync)s)
    AND (%(search)s::text IS NULL OR f.question ILIKE %(search)s OR f.answer ILIKE %(search)s)
ORDER BY f.id DESC LIMIT %(limit)s
"""
_EXPORT: LiteralString = """
SELECT f.id, f.question, f.answer, f.files FROM faqs f JOIN syncs s ON s.entity_id = f.id
WHERE f.customer_id = %(customer)s AND NOT s.deleted AND f.id > %(after)s
ORDER BY f.id LIMIT %(limit)s
"""
_IMPORT: LiteralString = """
SELECT count(*) AS rows, count(*) FILTER (WHERE s.state = 'pending') AS pending,
    count(*) FILTER (WHERE s.state = 'synced') AS synced,
    count(*) FILTER (WHERE s.state = 'failed') AS failed
FROM faqs f JOIN syncs s ON s.entity_id = f.id WHERE f.customer_id = %s AND f.import_id = %s
"""
_REFUSED: LiteralString = """
SELECT f.import_row AS row, f.id AS faq_id,
    s.last_error - 'traceback' - 'source' AS error
FROM faqs f JOIN syncs s ON s.entity_id = f.id
WHERE f.customer_id = %s AND f.import_id = %s AND s.state = 'failed'
ORDER BY f.import_row LIMIT 500
"""
_STEP = 1_000


@dataclass(frozen=True, slots=True)
class FaqQueries:
    """What can be asked about FAQs."""

    pool: Pool

    async def one(self, customer_id: UUID, faq_id: UUID) -> DictRow:
        """The FAQ; raises FaqNotFound."""
        row = await row_of(self.pool, _ONE, {"customer": customer_id, "id": faq_id})
        if row is None:
            raise FaqNotFound(f"there is no FAQ {faq_id}")
        return row

    async def page(
        self, customer_id: UUID, sync: str | None, search: str | None, below: UUID, limit: int
    ) -> list[DictRow]:
        """At most `limit` FAQs with ids below `below`, newest first; `search` in both texts."""
        values: dict[str, Any] = {
            "customer": customer_id,
            "below": below,
            "limit": limit,
            "sync": sync,
            "search": like_pattern(search),
        }
        return await rows_of(self.pool, _PAGE, values)

    async def all(self, customer_id: UUID) -> AsyncIterator[list[DictRow]]:
        """All FAQs, oldest first, as an export needs them; in steps, of which there is one or more.

        Between steps no connection is held.
        """
        after = UUID(int=0)
        while True:
            values = {"customer": customer_id, "after": after, "limit": _STEP}
            rows = await rows_of(self.pool, _EXPORT, values)
            yield rows
            if len(rows) < _STEP:
                return
            after = rows[-1]["id"]

    async def an_import(self, customer_id: UUID, import_id: UUID) -> dict[str, Any]:
        """How far it is, with its `errors`; raises ImportNotFound."""
        values = [customer_id, import_id]
        async with self.pool.connection() as connection:
            counts = await (await connection.execute(_IMPORT, values)).fetchone()
            errors = await (await connection.execute(_REFUSED, values)).fetchall()
        if counts is None or counts["rows"] == 0:
            raise ImportNotFound(f"there is no import {import_id}, or none of its FAQs is left")
        return {**counts, "errors": errors}
