"""Rows that nobody needs any more: tombstones that all have followed, and what is below floors."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

from psycopg import Connection

_STEP = 2_000
_NOBODY = UUID(int=(1 << 128) - 1)

# Ids of tasks sort by time: what lives is no older than the first of these.
_OLDEST_LIVING: LiteralString = """
SELECT least(
    (SELECT min(task_id::text) FROM outbox WHERE kind LIKE 'catalogue.%'),
    (SELECT min(task_id::text) FROM in_flight WHERE queue LIKE 'indexer.%'))::uuid
"""
_TOMBSTONES: LiteralString = """
DELETE FROM catalogue_items WHERE (customer_id, entity_kind, id) IN (
    SELECT customer_id, entity_kind, id FROM catalogue_items
    WHERE deleted AND indexed_version >= version AND task_id < %(oldest)s
        AND changed_at < now() - make_interval(days => %(days)s)
    ORDER BY customer_id, entity_kind, id LIMIT %(step)s FOR UPDATE SKIP LOCKED)
"""
_BELOW_FLOORS: LiteralString = """
DELETE FROM catalogue_items WHERE (customer_id, entity_kind, id) IN (
    SELECT c.customer_id, c.entity_kind, c.id
    FROM catalogue_floors f JOIN catalogue_items c
        ON c.customer_id = f.customer_id AND c.entity_kind = f.entity_kind
        AND c.version <= f.floor
    ORDER BY c.customer_id, c.entity_kind, c.id LIMIT %(step)s FOR UPDATE OF c SKIP LOCKED)
"""
_COUNTS: LiteralString = """
SELECT (SELECT count(*) FROM catalogue_items WHERE deleted AND indexed_version >= version
        AND task_id < %(oldest)s AND changed_at < now() - make_interval(days => %(days)s)),
    (SELECT count(*) FROM catalogue_items c JOIN catalogue_floors f
        USING (customer_id, entity_kind) WHERE c.version <= f.floor)
"""


@dataclass(frozen=True, slots=True)
class CleanedRows:
    """How many rows went."""

    tombstones: int
    below_floors: int


def clean_catalogue_rows(
    connection: Connection[Any], days: int, check: Callable[[], None], *, dry_run: bool
) -> CleanedRows:
    """Delete tombstones of `days` days that no living task is older than, and what floors bury.

    `check` is called between two steps of an autocommit connection. With `dry_run`, only count.
    """
    ((oldest,),) = connection.execute(_OLDEST_LIVING).fetchall()
    values = {"oldest": oldest or _NOBODY, "days": days, "step": _STEP}
    if dry_run:
        return CleanedRows(*connection.execute(_COUNTS, values).fetchall()[0])
    return CleanedRows(
        _in_steps(connection, _TOMBSTONES, values, check),
        _in_steps(connection, _BELOW_FLOORS, values, check),
    )


def _in_steps(
    connection: Connection[Any],
    query: LiteralString,
    values: dict[str, Any],
    check: Callable[[], None],
) -> int:
    gone = 0
    while True:
        check()
        deleted = connection.execute(query, values).rowcount
        gone += deleted
        if deleted < _STEP:
            return gone
