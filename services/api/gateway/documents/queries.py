"""Reading documents; tombstones are not shown."""

from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

from psycopg.rows import DictRow

from gateway.database import Pool, row_of, rows_of
from gateway.documents.problems import DocumentNotFound
from gateway.paging import like_pattern

_SELECT: LiteralString = """
SELECT d.*, d.id AS document_id, o.size, s.state, s.desired_version, s.synced_version, s.synced_at,
    s.task_id, s.next_task_id, s.last_error
FROM documents d JOIN syncs s ON s.entity_id = d.id
LEFT JOIN artifacts o ON o.id = d.original_id
WHERE d.customer_id = %(customer)s AND NOT s.deleted
"""
_ONE: LiteralString = f"{_SELECT} AND d.id = %(id)s"
_PAGE: LiteralString = f"""{_SELECT} AND d.id < %(below)s
    AND (%(source)s::text IS NULL OR d.source = %(source)s)
    AND (%(sync)s::text IS NULL OR s.state = %(sync)s)
    AND (%(search)s::text IS NULL OR d.name ILIKE %(search)s OR d.source ILIKE %(search)s)
    AND (NOT %(with_original)s OR o.id IS NOT NULL)
ORDER BY d.id DESC LIMIT %(limit)s
"""
_SOURCES: LiteralString = """
SELECT d.source, count(*) AS documents, count(*) FILTER (WHERE s.state = 'pending') AS pending,
    count(*) FILTER (WHERE s.state = 'synced') AS synced,
    count(*) FILTER (WHERE s.state = 'failed') AS failed, max(d.updated_at) AS updated_at
FROM documents d JOIN syncs s ON s.entity_id = d.id
WHERE d.customer_id = %(customer)s AND NOT s.deleted AND d.source > %(after)s COLLATE "C"
GROUP BY d.source ORDER BY d.source COLLATE "C" LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class DocumentFilter:
    """Which documents; what is None does not matter. `search` looks into names and sources."""

    source: str | None = None
    sync: str | None = None
    search: str | None = None
    with_original: bool = False


@dataclass(frozen=True, slots=True)
class DocumentQueries:
    """What can be asked about documents."""

    pool: Pool

    async def one(self, customer_id: UUID, document_id: UUID) -> DictRow:
        """The document; raises DocumentNotFound."""
        values = {"customer": customer_id, "id": document_id}
        row = await row_of(self.pool, _ONE, values)
        if row is None:
            raise DocumentNotFound(f"there is no document {document_id}")
        return row

    async def page(
        self, customer_id: UUID, chosen: DocumentFilter, below: UUID, limit: int
    ) -> list[DictRow]:
        """At most `limit` documents of the filter with ids below `below`, newest first."""
        values: dict[str, Any] = {
            "customer": customer_id,
            "below": below,
            "limit": limit,
            "source": chosen.source,
            "sync": chosen.sync,
            "search": like_pattern(chosen.search),
            "with_original": chosen.with_original,
        }
        return await rows_of(self.pool, _PAGE, values)

    async def sources(self, customer_id: UUID, after: str, limit: int) -> list[DictRow]:
        """At most `limit` sources that come after `after`."""
        values = {"customer": customer_id, "after": after, "limit": limit}
        return await rows_of(self.pool, _SOURCES, values)
