"""What is erased, a window at a time: tasks with all that tells of them, files, and the rest."""

from collections.abc import Collection
from typing import Any, LiteralString
from uuid import UUID

from psycopg import Connection

from gateway.housekeeping.cleaning.artifact_rows import delete_rows
from gateway.housekeeping.cleaning.report import Tally
from warren.artifacts import ArtifactStore

#: Tasks, or files, of one transaction.
STEP = 200
_ENDED: LiteralString = """
SELECT id FROM tasks WHERE customer_id = %s
    AND state IN ('succeeded', 'failed', 'cancelled', 'expired') AND id <> ALL (%s::uuid[])
ORDER BY id LIMIT %s FOR UPDATE
"""
_OF_TASKS: tuple[LiteralString, ...] = (
    (
        "DELETE FROM task_history WHERE task_id = ANY (%(ids)s::uuid[])"
        " AND task_id BETWEEN %(low)s AND %(high)s"
    ),
    (
        "DELETE FROM batch_members WHERE batch_id = ANY (%(ids)s::uuid[])"
        " OR task_id = ANY (%(ids)s::uuid[])"
    ),
    "DELETE FROM awaited_batches WHERE batch_id = ANY (%(ids)s::uuid[])",
    "DELETE FROM batches WHERE task_id = ANY (%(ids)s::uuid[])",
    "DELETE FROM bulk_actions WHERE task_id = ANY (%(ids)s::uuid[])",
    "DELETE FROM tasks WHERE id = ANY (%(ids)s::uuid[]) AND id BETWEEN %(low)s AND %(high)s",
)
_FILES: LiteralString = """
SELECT id, sha256 FROM artifacts WHERE customer_id = %s ORDER BY id LIMIT %s FOR UPDATE
"""
# Noted with the rows: a run that dies before the contents have gone leaves that to the next one.
_AT_ONCE: LiteralString = """
UPDATE discarded_contents SET noted_at = '-infinity' WHERE sha256 = ANY (%s)
"""
_NOT_KEPT: LiteralString = "DELETE FROM kept_artifacts WHERE artifact_id = ANY (%s::uuid[])"
# Each with its chapters and descriptions.
_BOOKS: LiteralString = """
WITH gone AS (
    DELETE FROM books WHERE id IN (SELECT id FROM books WHERE customer_id = %s LIMIT 10)
    RETURNING id
)
INSERT INTO deleted_books (id) SELECT id FROM gone
"""
#: Tables of which the customer may have many rows, or some.
TABLES: tuple[LiteralString, ...] = (
    "documents",
    "faqs",
    "syncs",
    "catalogue_items",
    "generated_images",
    "image_orders",
    "dead_letters",
    "webhook_deliveries",
    "webhook_hosts",
    "idempotency_keys",
    "unique_keys",
)
_ROWS: LiteralString = """
DELETE FROM {table} WHERE ctid IN (SELECT ctid FROM {table} WHERE customer_id = %s LIMIT 1000)
"""
# Bodies that name the customer, or one of its tasks.
_QUARANTINED: LiteralString = """
DELETE FROM quarantined_status WHERE id IN (
    SELECT q.id FROM quarantined_status q,
        regexp_matches(encode(q.body, 'escape'),
            '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}', 'gi') AS named
    WHERE named[1]::uuid = %(id)s
        OR EXISTS (SELECT FROM tasks WHERE id = named[1]::uuid AND customer_id = %(id)s)
    LIMIT 1000)
"""
_LOCK: LiteralString = "SELECT FROM customers WHERE id = %s FOR UPDATE"
_LEFT: LiteralString = """
SELECT EXISTS (SELECT FROM tasks WHERE customer_id = %(id)s AND id <> ALL (%(spared)s::uuid[]))
"""
_ANY_LEFT: LiteralString = "SELECT EXISTS (SELECT FROM {table} WHERE customer_id = %(id)s)"
# What counts its writes goes last: versions that others remember must not come again.
_CUSTOMER: tuple[LiteralString, ...] = (
    "DELETE FROM sync_versions WHERE customer_id = %s",
    "DELETE FROM customers WHERE id = %s",
)


def erase_some_tasks(
    connection: Connection[Any],
    customer_id: UUID,
    store: ArtifactStore,
    spared: Collection[UUID] = (),
) -> int:
    """Erase tasks that have ended, with their histories, in a transaction; returns how many.

    What they recorded in the store goes first: without their rows nobody would find it. Raises
    StoreUnavailable.
    """
    ids = [row[0] for row in connection.execute(_ENDED, [customer_id, list(spared), STEP])]
    for task_id in ids:
        store.delete_manifests(task_id)
    if ids:
        values = {"ids": ids, "low": ids[0], "high": ids[-1]}
        for statement in _OF_TASKS:
            connection.execute(statement, values)
    return len(ids)


def erase_some_files(connection: Connection[Any], customer_id: UUID) -> int:
    """Erase rows of files, in a transaction, and note their contents; returns how many."""
    found = connection.execute(_FILES, [customer_id, STEP]).fetchall()
    ids = [artifact for artifact, _ in found]
    if ids:
        connection.execute(_NOT_KEPT, [ids])
        delete_rows(connection, ids, Tally(dry_run=False))
        connection.execute(_AT_ONCE, [[sha256 for _, sha256 in found]])
    return len(ids)


def erase_some_books(connection: Connection[Any], customer_id: UUID) -> int:
    """Erase books, in a transaction; returns how many."""
    return connection.execute(_BOOKS, [customer_id]).rowcount


def erase_some_rows(connection: Connection[Any], customer_id: UUID, table: LiteralString) -> int:
    """Erase rows of one of TABLES, in a transaction; returns how many."""
    return connection.execute(_ROWS.format(table=table), [customer_id]).rowcount


def erase_some_quarantined(connection: Connection[Any], customer_id: UUID) -> int:
    """Erase messages that could not be recorded, in a transaction; returns how many.

    Those that name tasks are found as long as these are there.
    """
    return connection.execute(_QUARANTINED, {"id": customer_id}).rowcount


def has_more(connection: Connection[Any], customer_id: UUID, spared: Collection[UUID]) -> bool:
    """Whether anything of the customer has come; until the transaction ends nothing comes."""
    connection.execute(_LOCK, [customer_id])
    values = {"id": customer_id, "spared": list(spared)}
    tables: tuple[LiteralString, ...] = ("api_keys", "artifacts", "books", *TABLES)
    queries = [_LEFT, *(_ANY_LEFT.format(table=table) for table in tables)]
    return any(connection.execute(query, values).fetchall()[0][0] for query in queries)


def erase_customer_row(connection: Connection[Any], customer_id: UUID) -> None:
    """Erase the customer itself; what counts its writes goes with it."""
    for statement in _CUSTOMER:
        connection.execute(statement, [customer_id])
