"""The tasks whose jobs ask for others."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import tuple_row

from gateway.authentication import Caller
from warren.contracts.states import TaskState

# Shared: a cancellation waits for us, or we see it. The bounds let the server skip partitions.
_LOCK = """
SELECT t.id, t.customer_id, t.user_id, t.state, coalesce(c.plan, 'standard')
FROM unnest(%(ids)s::uuid[]) AS wanted (id) JOIN tasks t ON t.id = wanted.id
    LEFT JOIN customers c ON c.id = t.customer_id
WHERE t.id BETWEEN %(low)s AND %(high)s
ORDER BY t.id FOR SHARE OF t
"""
_UNWANTED = frozenset({TaskState.CANCELLED, TaskState.CANCELLING})


@dataclass(frozen=True, slots=True)
class Parent:
    """A task with what its children inherit."""

    id: UUID
    caller: Caller
    user_id: str | None
    state: TaskState

    @property
    def is_cancelled(self) -> bool:
        """Whether nothing that it asked for is wanted any more."""
        return self.state in _UNWANTED


def lock_parents(connection: Connection[Any], ids: Iterable[UUID]) -> dict[UUID, Parent]:
    """Those that exist, locked in id order against a change of state, within the transaction."""
    wanted = sorted(set(ids))
    keys = {"ids": wanted, "low": wanted[0], "high": wanted[-1]}
    with connection.cursor(row_factory=tuple_row) as cursor:
        rows = cursor.execute(_LOCK, keys).fetchall()
    return {row[0]: _parent(*row) for row in rows}


def _parent(task_id: UUID, customer_id: UUID, user_id: str | None, state: str, plan: str) -> Parent:
    # Kinds that exist for services only exist for a job.
    caller = Caller(customer_id, plan, f"task:{task_id}", frozenset(), is_system=True)
    return Parent(task_id, caller, user_id, TaskState(state))
