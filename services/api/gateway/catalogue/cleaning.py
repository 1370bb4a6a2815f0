"""Rows that nobody needs any more: tombstones that all have followed, and what is below floors."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, LiteralString
from uuid import UUID

from psycopg import Connection

from gateway.catalogue.forgetting import Forgettable, Tombstone
from warren.contracts.catalogue_item import EntityKind

_STEP = 2_000
_NOBODY = UUID(int=(1 << 128) - 1)

# Ids of tasks sort by time: what lives is no older than the first of these.
_OLDEST_LIVING: LiteralString = """
SELECT now() - make_interval(days => %s), least(
    (SELECT min(task_id::text) FROM outbox WHERE kind LIKE 'catalogue.%%'),
    (SELECT min(task_id::text) FROM in_flight WHERE queue LIKE 'indexer.%%'))::uuid
"""
_TOMBSTONES: LiteralString = """
DELETE FROM catalogue_items WHERE (customer_id, entity_kind, id) IN (
    SELECT customer_id, entity_kind, id FROM catalogue_items
    WHERE deleted AND indexed_version >= version AND task_id < %(oldest)s
        AND changed_at < %(before)s
    ORDER BY customer_id, entity_kind, id LIMIT %(step)s FOR UPDATE SKIP LOCKED)
RETURNING customer_id, entity_kind, version, changed_at
"""
_BELOW_FLOORS: LiteralString = """
DELETE FROM catalogue_items WHERE (customer_id, entity_kind, id) IN (
    SELECT c.customer_id, c.entity_kind, c.id
    FROM catalogue_floors f JOIN catalogue_items c
        ON c.customer_id = f.customer_id AND c.entity_kind = f.entity_kind
        AND c.version <= f.floor
    ORDER BY c.customer_id, c.entity_kind, c.id LIMIT %(step)s FOR UPDATE OF c SKIP LOCKED)
RETURNING customer_id, entity_kind, version, changed_at
"""
_COUNTS: LiteralString = """
SELECT (SELECT count(*) FROM catalogue_items WHERE deleted AND indexed_version >= version
        AND task_id < %(oldest)s AND changed_at < %(before)s),
    (SELECT count(*) FROM catalogue_items c JOIN catalogue_floors f
        USING (customer_id, entity_kind) WHERE c.version <= f.floor)
"""


@dataclass(frozen=True, slots=True)
class CleanedRows:
    """How many rows went; up to which versions the index of each catalogue may forget, too."""

    tombstones: int
    below_floors: int
    forgettable: dict[tuple[UUID, EntityKind], int] = field(default_factory=dict)


def clean_catalogue_rows(
    connection: Connection[Any], days: int, check: Callable[[], None], *, dry_run: bool
) -> CleanedRows:
    """Delete tombstones of `days` days that no living task is older than, and what floors bury.

    `check` is called between two steps of an autocommit connection. With `dry_run`, only count.
    """
    ((before, oldest),) = connection.execute(_OLDEST_LIVING, [days]).fetchall()
    values = {"oldest": oldest or _NOBODY, "before": before, "step": _STEP}
    if dry_run:
        return CleanedRows(*connection.execute(_COUNTS, values).fetchall()[0])
    forgettable = Forgettable(connection, before, oldest)
    tombstones = 0
    for gone in _steps(connection, _TOMBSTONES, values, check):
        forgettable.note(gone)
        tombstones += len(gone)
    below = sum(len(gone) for gone in _steps(connection, _BELOW_FLOORS, values, check))
    return CleanedRows(tombstones, below, forgettable.versions)


def _steps(
    connection: Connection[Any],
    query: LiteralString,
    values: dict[str, Any],
    check: Callable[[], None],
) -> Iterator[list[Tombstone]]:
    """The rows that each step has deleted."""
    deleted = _STEP
    while deleted == _STEP:
        check()
        gone = connection.execute(query, values).fetchall()
        deleted = len(gone)
        yield [Tombstone(*row) for row in gone]
