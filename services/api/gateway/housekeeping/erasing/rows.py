"""What is erased, a window at a time: tasks with all that tells of them, files, and the rest."""

from collections.abc import Sequence
from typing import Any, LiteralString
from uuid import UUID

from psycopg import Connection

from gateway.housekeeping.cleaning.artifact_rows import delete_rows
from gateway.housekeeping.cleaning.report import Tally

#: Tasks, or files, of one transaction.
STEP = 200
_ENDED: LiteralString = """
SELECT id FROM tasks WHERE customer_id = %s
    AND state IN ('succeeded', 'failed', 'cancelled', 'expired')
ORDER BY id LIMIT %s FOR UPDATE
"""
_OF_TASKS: tuple[LiteralString, ...] = (
    (
        "DELETE FROM task_history WHERE task_id = ANY (%(ids)s::uuid[])"
        " AND task_id BETWEEN %(low)s AND %(high)s"
    ),
    "DELETE FROM generated_images WHERE task_id = ANY (%(ids)s::uuid[])",
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
_NOT_KEPT: LiteralString = "DELETE FROM kept_artifacts WHERE artifact_id = ANY (%s::uuid[])"
_BOOKS: LiteralString = """
WITH gone AS (DELETE FROM books WHERE customer_id = %(id)s RETURNING id)
INSERT INTO deleted_books (id) SELECT id FROM gone
"""
_DOCUMENTS: LiteralString = "DELETE FROM documents WHERE customer_id = %(id)s"
_FAQS: LiteralString = "DELETE FROM faqs WHERE customer_id = %(id)s"
_OTHERS: tuple[LiteralString, ...] = (
    "DELETE FROM syncs WHERE customer_id = %(id)s",
    "DELETE FROM sync_versions WHERE customer_id = %(id)s",
    "DELETE FROM catalogue_items WHERE customer_id = %(id)s",
    "DELETE FROM generated_images WHERE customer_id = %(id)s",
    "DELETE FROM image_orders WHERE customer_id = %(id)s",
    "DELETE FROM dead_letters WHERE customer_id = %(id)s",
    "DELETE FROM webhook_deliveries WHERE customer_id = %(id)s",
    "DELETE FROM webhook_hosts WHERE customer_id = %(id)s",
    "DELETE FROM idempotency_keys WHERE customer_id = %(id)s",
    "DELETE FROM unique_keys WHERE customer_id = %(id)s",
)
_CUSTOMER: LiteralString = "DELETE FROM customers WHERE id = %(id)s"


def erase_some_tasks(connection: Connection[Any], customer_id: UUID) -> int:
    """Erase tasks that have ended, with their histories, in a transaction; returns how many."""
    ids = [row[0] for row in connection.execute(_ENDED, [customer_id, STEP])]
    if ids:
        values = {"ids": ids, "low": ids[0], "high": ids[-1]}
        for statement in _OF_TASKS:
            connection.execute(statement, values)
    return len(ids)


def erase_some_files(connection: Connection[Any], customer_id: UUID) -> Sequence[str]:
    """Erase rows of files, in a transaction; returns the hashes of their contents."""
    found = connection.execute(_FILES, [customer_id, STEP]).fetchall()
    ids = [artifact for artifact, _ in found]
    if ids:
        connection.execute(_NOT_KEPT, [ids])
        delete_rows(connection, ids, Tally(dry_run=False))
    return [sha256 for _, sha256 in found]


def erase_entities(connection: Connection[Any], customer_id: UUID) -> dict[str, int]:
    """Erase books, documents and FAQs, and what else is kept, in a transaction; how many."""
    values = {"id": customer_id}
    entities = {"books": _BOOKS, "documents": _DOCUMENTS, "faqs": _FAQS}
    gone = {
        name: connection.execute(statement, values).rowcount for name, statement in entities.items()
    }
    for statement in _OTHERS:
        connection.execute(statement, values)
    return gone


def erase_customer_row(connection: Connection[Any], customer_id: UUID) -> None:
    """Erase the customer itself; what counts its writes goes with it."""
    connection.execute(_CUSTOMER, {"id": customer_id})
