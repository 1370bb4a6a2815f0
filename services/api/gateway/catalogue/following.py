"""Statements by which items learn how far the index is."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, LiteralString
from uuid import UUID

import orjson
from psycopg import Connection
from psycopg.types.json import Jsonb

# Rows are locked in the order of the gateway's writes. An error is about the version that the item
# has now; that an older version was indexed is a step forward all the same.
_ITEMS: LiteralString = """
WITH n AS MATERIALIZED (
    SELECT * FROM json_to_recordset(%s::json) AS row (customer_id uuid, entity_kind text, id text,
        version bigint, index_name text, error jsonb)
), locked AS MATERIALIZED (
    SELECT c.customer_id, c.entity_kind, c.id, n.version, n.index_name, n.error
    FROM n JOIN catalogue_items c
        ON c.customer_id = n.customer_id AND c.entity_kind = n.entity_kind AND c.id = n.id
    WHERE c.indexed_version < n.version AND (n.error IS NULL OR c.version = n.version)
    ORDER BY c.customer_id, c.entity_kind, c.id FOR NO KEY UPDATE OF c
)
UPDATE catalogue_items c SET
    indexed_version = CASE WHEN l.error IS NULL THEN l.version ELSE c.indexed_version END,
    indexed_at = CASE WHEN l.error IS NULL THEN now() ELSE c.indexed_at END,
    index_name = CASE WHEN l.error IS NULL THEN l.index_name ELSE c.index_name END,
    last_error = CASE WHEN l.version = c.version THEN l.error ELSE c.last_error END
FROM locked l
WHERE c.customer_id = l.customer_id AND c.entity_kind = l.entity_kind AND c.id = l.id
"""
_RANGE: LiteralString = """
WITH locked AS MATERIALIZED (
    SELECT c.customer_id, c.entity_kind, c.id, c.version FROM catalogue_items c
    WHERE c.customer_id = %(customer)s AND c.entity_kind = %(kind)s
        AND c.version BETWEEN %(first)s AND %(last)s AND c.indexed_version < c.version
    ORDER BY c.customer_id, c.entity_kind, c.id FOR NO KEY UPDATE
), judged AS MATERIALIZED (
    SELECT l.*, coalesce(%(all)s::jsonb, f.error) AS error FROM locked l
    LEFT JOIN json_to_recordset(%(failed)s::json) AS f (version bigint, error jsonb)
        ON f.version = l.version
)
UPDATE catalogue_items c SET
    indexed_version = CASE WHEN j.error IS NULL THEN c.version ELSE c.indexed_version END,
    indexed_at = CASE WHEN j.error IS NULL THEN now() ELSE c.indexed_at END,
    index_name = CASE WHEN j.error IS NULL THEN %(index)s ELSE c.index_name END,
    last_error = j.error
FROM judged j
WHERE c.customer_id = j.customer_id AND c.entity_kind = j.entity_kind AND c.id = j.id
"""
_FLOOR: LiteralString = """
UPDATE catalogue_floors SET
    indexed_floor = CASE WHEN %(error)s::jsonb IS NULL
        THEN greatest(indexed_floor, %(floor)s) ELSE indexed_floor END,
    last_error = CASE WHEN floor = %(floor)s THEN %(error)s::jsonb ELSE last_error END
WHERE customer_id = %(customer)s AND entity_kind = %(kind)s
"""


@dataclass(frozen=True, slots=True)
class ItemEnd:
    """The index has this version of an item, or `error` says why it has not."""

    customer_id: UUID
    entity_kind: str
    id: str
    version: int
    index_name: str | None
    error: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class RangeEnd:
    """The index has what has these versions, but for the `failed` ones; with `error` none of it."""

    customer_id: UUID
    entity_kind: str
    first: int
    last: int
    index_name: str | None
    failed: Mapping[int, dict[str, Any]]
    error: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class FloorEnd:
    """The index has cleaned up below the floor, or `error` says why it has not."""

    customer_id: UUID
    entity_kind: str
    floor: int
    error: dict[str, Any] | None


def follow_items(connection: Connection[Any], ends: Sequence[ItemEnd]) -> None:
    """Successes first: of an item that has both in one batch, both count."""
    for some in ([e for e in ends if e.error is None], [e for e in ends if e.error is not None]):
        latest = {
            (end.customer_id, end.entity_kind, end.id): end
            for end in sorted(some, key=lambda end: end.version)
        }
        if latest:
            rows = orjson.dumps([asdict(end) for end in latest.values()]).decode()
            connection.execute(_ITEMS, [rows])


def follow_range(connection: Connection[Any], end: RangeEnd) -> None:
    """The lines of one bulk."""
    failed = [{"version": version, "error": error} for version, error in end.failed.items()]
    values = {
        "customer": end.customer_id,
        "kind": end.entity_kind,
        "first": end.first,
        "last": end.last,
        "index": end.index_name,
        "failed": orjson.dumps(failed).decode(),
        "all": _jsonb(end.error),
    }
    connection.execute(_RANGE, values)


def follow_floor(connection: Connection[Any], end: FloorEnd) -> None:
    """The clean-up after a deletion of everything."""
    values = {
        "customer": end.customer_id,
        "kind": end.entity_kind,
        "floor": end.floor,
        "error": _jsonb(end.error),
    }
    connection.execute(_FLOOR, values)


def _jsonb(error: dict[str, Any] | None) -> Jsonb | None:
    return None if error is None else Jsonb(error)
