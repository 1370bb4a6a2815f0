"""Statements over the rows of catalogues; whoever takes versions holds the customer's counter."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, LiteralString
from uuid import UUID

import orjson
from psycopg import AsyncConnection
from psycopg.errors import ForeignKeyViolation
from psycopg.rows import DictRow

from gateway.auditing.changes import Change, rows_of, told_beside
from gateway.customers.problems import CustomerNotFound
from warren.contracts.catalogue_item import EntityKind

Key = tuple[UUID, EntityKind, str]

# In an order that all transactions share, so that no two wait for each other.
TAKE_VERSIONS: LiteralString = """
INSERT INTO catalogue_versions (customer_id, last_version)
SELECT customer_id, count FROM json_to_recordset(%s::json) AS n (customer_id uuid, count bigint)
ORDER BY customer_id
ON CONFLICT (customer_id) DO UPDATE
    SET last_version = catalogue_versions.last_version + excluded.last_version
RETURNING customer_id, last_version
"""
RAISE_FLOOR: LiteralString = """
INSERT INTO catalogue_floors AS f (customer_id, entity_kind, floor, task_id)
VALUES (%(customer)s, %(kind)s, %(floor)s, %(task)s)
ON CONFLICT (customer_id, entity_kind) DO UPDATE SET floor = excluded.floor,
    task_id = excluded.task_id, changed_at = now(), last_error = NULL
WHERE f.floor < excluded.floor
"""
_CURRENT: LiteralString = """
SELECT n.customer_id, n.entity_kind, n.id, c.version, c.deleted, c.content_hash, c.with_embedding,
    c.indexed_version >= c.version AS indexed, c.vector_error IS NOT NULL AS without_vector,
    coalesce(f.floor, 0) AS floor
FROM json_to_recordset(%s::json) AS n (customer_id uuid, entity_kind text, id text)
JOIN catalogue_items c ON c.customer_id = n.customer_id AND c.entity_kind = n.entity_kind
    AND c.id = n.id
LEFT JOIN catalogue_floors f ON f.customer_id = n.customer_id AND f.entity_kind = n.entity_kind
"""
# A row moves only forward: a bulk that was overtaken leaves it as it is.
_WRITE: LiteralString = told_beside("""
INSERT INTO catalogue_items AS c (customer_id, entity_kind, id, version, deleted, content_hash,
    item, with_embedding, task_id)
SELECT customer_id, entity_kind, id, version, item IS NULL, content_hash, item, with_embedding,
    task_id
FROM json_to_recordset(%(rows)s::json)
    AS n (customer_id uuid, entity_kind text, id text, version bigint,
    content_hash text, item jsonb, with_embedding boolean, task_id uuid)
ORDER BY customer_id, entity_kind COLLATE "C", id COLLATE "C"
ON CONFLICT (customer_id, entity_kind, id) DO UPDATE SET version = excluded.version,
    deleted = excluded.deleted, content_hash = excluded.content_hash, item = excluded.item,
    with_embedding = excluded.with_embedding, task_id = excluded.task_id, changed_at = now(),
    last_error = NULL, vector_error = NULL
WHERE c.version < excluded.version
""")


@dataclass(frozen=True, slots=True)
class Standing:
    """What is desired of an item now, and whether the index has it; `exists` unless it is gone.

    `without_vector`: the task that should have made its vector has ended without one.
    """

    version: int
    exists: bool
    content_hash: str | None
    with_embedding: bool
    indexed: bool
    without_vector: bool = False

    def has(self, content_hash: str, *, with_embedding: bool) -> bool:
        """Whether the index shows just this content, with a vector if one is wanted."""
        enough = not with_embedding or (self.with_embedding and not self.without_vector)
        return self.exists and self.indexed and enough and self.content_hash == content_hash


async def take_versions(
    connection: AsyncConnection[DictRow], counts: dict[UUID, int]
) -> dict[UUID, int]:
    """The first of so many new versions for each customer, whose counters stay locked.

    Raises CustomerNotFound for one that was erased meanwhile.
    """
    rows = [{"customer_id": customer, "count": count} for customer, count in counts.items()]
    try:
        cursor = await connection.execute(TAKE_VERSIONS, [orjson.dumps(rows).decode()])
    except ForeignKeyViolation as error:
        raise CustomerNotFound("the customer of this catalogue was erased meanwhile") from error
    return {
        row["customer_id"]: row["last_version"] - counts[row["customer_id"]] + 1
        for row in await cursor.fetchall()
    }


async def standings(
    connection: AsyncConnection[DictRow], keys: Iterable[Key]
) -> dict[Key, Standing]:
    """Where these items stand; those that nobody has written are left out."""
    names = ("customer_id", "entity_kind", "id")
    rows = [dict(zip(names, key, strict=True)) for key in set(keys)]
    cursor = await connection.execute(_CURRENT, [orjson.dumps(rows).decode()])
    return {
        (row["customer_id"], EntityKind(row["entity_kind"]), row["id"]): Standing(
            version=row["version"],
            exists=not row["deleted"] and row["version"] > row["floor"],
            content_hash=row["content_hash"],
            with_embedding=row["with_embedding"],
            indexed=row["indexed"],
            without_vector=row["without_vector"],
        )
        for row in await cursor.fetchall()
    }


async def write_rows(
    connection: AsyncConnection[DictRow],
    rows: Sequence[dict[str, Any]],
    told: Sequence[Change] = (),
) -> None:
    """Make this the desired state of these items; of one item at most one row. No `item`: delete.

    Rows name customer_id, entity_kind, id, version, content_hash, item, with_embedding, task_id.
    `told` is what the audit tells of it.
    """
    if rows:
        values = {"rows": orjson.dumps(rows).decode(), "told": rows_of(told)}
        await connection.execute(_WRITE, values)


def moved(standing: Standing | None, version: int, **change: Any) -> Standing:
    """The standing after a write that has this version."""
    start = standing or Standing(0, False, None, False, False)
    return replace(start, version=version, indexed=False, without_vector=False, **change)
