"""Nothing is started again for a customer that is being erased, but what deletes things of it."""

from collections.abc import Collection
from typing import Any, LiteralString
from uuid import UUID

from psycopg import Connection
from psycopg.rows import tuple_row

from gateway.customers.holding import erasures_of
from gateway.customers.problems import CustomerBeingErased

_OWNERS: LiteralString = """
SELECT id, customer_id, actor FROM tasks
WHERE id = ANY (%(ids)s::uuid[]) AND id BETWEEN %(low)s AND %(high)s
"""


def refused_by_erasures(
    connection: Connection[Any], task_ids: Collection[UUID]
) -> dict[UUID, CustomerBeingErased]:
    """Let nobody erase the customers of these tasks until the transaction ends.

    Returns what is to be answered for the tasks of those that are being erased, but for what the
    erasure has asked others to delete: that may start again.
    """
    if not task_ids:
        return {}
    ids = sorted(task_ids)
    keys = {"ids": ids, "low": ids[0], "high": ids[-1]}
    tasks = connection.cursor(row_factory=tuple_row).execute(_OWNERS, keys).fetchall()
    erasures = erasures_of(connection, {owner for _, owner, _ in tasks})
    return {
        task: CustomerBeingErased.by(erasures[owner], owner)
        for task, owner, actor in tasks
        if owner in erasures and actor != f"task:{erasures[owner]}"
    }


def ensure_not_being_erased(connection: Connection[Any], task_id: UUID) -> None:
    """The same for one task; raises CustomerBeingErased."""
    for problem in refused_by_erasures(connection, [task_id]).values():
        raise problem
