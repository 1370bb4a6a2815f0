"""Reading items of a catalogue with their sync states."""

from typing import Any, LiteralString

from psycopg.rows import DictRow

from gateway.catalogue.schemas import SyncState
from gateway.catalogue.tenant import Tenant
from gateway.problems import NotFound

_FLOOR: LiteralString = """
SELECT coalesce(max(floor), 0) AS floor FROM catalogue_floors
WHERE customer_id = %(customer)s AND entity_kind = %(kind)s
"""
_ITEMS: LiteralString = """
SELECT c.* FROM catalogue_items c LEFT JOIN catalogue_floors f USING (customer_id, entity_kind)
WHERE c.customer_id = %(customer)s AND c.entity_kind = %(kind)s
    AND c.version > coalesce(f.floor, 0)
"""
_ITEM: LiteralString = " AND c.id = %(id)s"
_PAGE: LiteralString = " AND c.id > %(after)s "
_CONDITIONS: dict[SyncState | None, LiteralString] = {
    None: "AND NOT c.deleted",
    SyncState.INDEXED: "AND NOT c.deleted AND c.indexed_version >= c.version",
    # Also deletions that the index has not followed yet.
    SyncState.PENDING: "AND c.indexed_version < c.version AND c.last_error IS NULL",
    SyncState.FAILED: "AND c.indexed_version < c.version AND c.last_error IS NOT NULL",
}
_ORDER: LiteralString = " ORDER BY c.id LIMIT %(limit)s"


async def item_row(tenant: Tenant, item_id: str) -> DictRow:
    """The item, or its tombstone as long as there is one; raises NotFound."""
    # PostgreSQL stores no NUL, and takes none in a question.
    row = None if "\x00" in item_id else await _row(tenant, item_id)
    if row is None:
        raise NotFound(f"there is no {tenant.entity_kind.value} {item_id[:200]}")
    return row


async def _row(tenant: Tenant, item_id: str) -> DictRow | None:
    async with tenant.gateway.pool.connection() as connection:
        values = {**_whose(tenant), "id": item_id}
        return await (await connection.execute(_ITEMS + _ITEM, values)).fetchone()


async def item_rows(
    tenant: Tenant, sync: SyncState | None, after: str, limit: int
) -> list[DictRow]:
    """Items with ids after `after`; tombstones only among what is pending or has failed."""
    async with tenant.gateway.pool.connection() as connection:
        values = {**_whose(tenant), "after": after, "limit": limit}
        cursor = await connection.execute(_ITEMS + _PAGE + _CONDITIONS[sync] + _ORDER, values)
        return await cursor.fetchall()


async def floor_of(tenant: Tenant) -> int:
    """At and below this version nothing is left."""
    async with tenant.gateway.pool.connection() as connection:
        row = await (await connection.execute(_FLOOR, _whose(tenant))).fetchone()
    return int(row["floor"]) if row else 0


def _whose(tenant: Tenant) -> dict[str, Any]:
    return {"customer": tenant.customer_id, "kind": tenant.entity_kind}
