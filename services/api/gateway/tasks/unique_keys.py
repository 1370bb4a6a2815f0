"""At most one live task per customer, kind and unique key.

A key is taken by the statement that accepts the task, and freed by the transaction that ends it.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from psycopg import Connection

from warren.contracts.state_machine import Transition

_FREE = "DELETE FROM unique_keys WHERE task_id = ANY (%s::uuid[])"
# In an order that all transactions share, so that no two wait for each other.
_RETAKE = """
INSERT INTO unique_keys (customer_id, kind, key, task_id)
SELECT customer_id, kind, unique_key, id FROM tasks
WHERE id = ANY (%(ids)s::uuid[]) AND id BETWEEN %(low)s AND %(high)s AND unique_key IS NOT NULL
ORDER BY customer_id, kind, unique_key
ON CONFLICT DO NOTHING
"""
_REFUSED = """
SELECT t.id FROM tasks t
WHERE t.id = ANY (%(ids)s::uuid[]) AND t.id BETWEEN %(low)s AND %(high)s
    AND t.unique_key IS NOT NULL
    AND NOT EXISTS (SELECT FROM unique_keys u WHERE u.task_id = t.id)
"""


def free_unique_keys(connection: Connection[Any], transitions: Sequence[Transition]) -> None:
    """A projection: tasks that have ended give their keys back."""
    ended = sorted(t.after.id for t in transitions if t.ended)
    if ended:
        connection.execute(_FREE, [ended])


def retake_unique_keys(connection: Connection[Any], task_ids: Sequence[UUID]) -> set[UUID]:
    """Give tasks that start again their keys; returns those whose key another live task holds.

    Within the caller's transaction, which has locked these tasks.
    """
    if not task_ids:
        return set()
    ids = sorted(task_ids)
    keys = {"ids": ids, "low": ids[0], "high": ids[-1]}
    connection.execute(_RETAKE, keys)
    return {row[0] for row in connection.execute(_REFUSED, keys)}
