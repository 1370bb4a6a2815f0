"""How large catalogues are, and how far the search index is behind."""

from typing import Any, LiteralString

from psycopg import Connection
from pydantic import BaseModel

# What lies at or below a floor is gone, also where nobody has cleaned it up.
_NUMBERS: LiteralString = """
SELECT c.entity_kind, count(*) FILTER (WHERE NOT c.deleted),
    count(*) FILTER (WHERE c.indexed_version < c.version AND c.last_error IS NULL),
    count(*) FILTER (WHERE c.indexed_version < c.version AND c.last_error IS NOT NULL),
    coalesce(extract(epoch FROM now() - min(c.changed_at)
        FILTER (WHERE c.indexed_version < c.version))::double precision, 0)
FROM catalogue_items c LEFT JOIN catalogue_floors f USING (customer_id, entity_kind)
WHERE c.version > coalesce(f.floor, 0)
GROUP BY c.entity_kind ORDER BY c.entity_kind
"""


_BACKLOG: LiteralString = """
SELECT c.entity_kind, right(c.customer_id::text, 1), count(*)
FROM catalogue_items c LEFT JOIN catalogue_floors f USING (customer_id, entity_kind)
WHERE c.indexed_version < c.version AND c.version > coalesce(f.floor, 0)
GROUP BY 1, 2 ORDER BY 1, 2
"""


class CatalogueNumbers(BaseModel):
    """Of one kind of items: how many there are, and how many the index has not followed yet.

    `failed` are those of them whose last task has failed; the age is that of the oldest of both.
    """

    items: int
    pending: int
    failed: int
    oldest_unsynced_seconds: float


def catalogue_numbers(connection: Connection[Any]) -> dict[str, CatalogueNumbers]:
    """By kind; reads every item."""
    return {
        kind: CatalogueNumbers(
            items=items, pending=pending, failed=failed, oldest_unsynced_seconds=round(age, 1)
        )
        for kind, items, pending, failed, age in connection.execute(_NUMBERS).fetchall()
    }


def catalogue_backlog(connection: Connection[Any]) -> list[tuple[str, str, int]]:
    """By kind and bucket, how many items the index has not followed; see `sync_backlog`."""
    return connection.execute(_BACKLOG).fetchall()
