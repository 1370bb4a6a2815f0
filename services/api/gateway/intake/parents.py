"""The tasks whose jobs ask for others."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import tuple_row

from gateway.authentication import Caller
from warren.contracts.states import TaskState

# A cancellation waits for us, or we see it. Not shared, as two that drop children of one task would
# wait for each other. The bounds let the server skip partitions.
_LOCK = """
SELECT t.id, t.customer_id, t.user_id, t.state, coalesce(c.plan, 'standard')
FROM unnest(%(ids)s::uuid[]) AS wanted (id) JOIN tasks t ON t.id = wanted.id
    LEFT JOIN customers c ON c.id = t.customer_id
WHERE t.id BETWEEN %(low)s AND %(high)s
ORDER BY t.id FOR NO KEY UPDATE OF t
"""
# Under a lock that keeps a success from being recorded meanwhile.
_NOTE_DROPPED = """
UPDATE tasks SET children_dropped = true
WHERE id = ANY (%(ids)s::uuid[]) AND id BETWEEN %(low)s AND %(high)s AND state = 'cancelling'
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


def note_dropped(connection: Connection[Any], parents: Iterable[UUID]) -> None:
    """These locked tasks lose what they asked for: those that still run do not succeed any more."""
    ids = sorted(set(parents))
    if ids:
        connection.execute(_NOTE_DROPPED, {"ids": ids, "low": ids[0], "high": ids[-1]})


def _parent(task_id: UUID, customer_id: UUID, user_id: str | None, state: str, plan: str) -> Parent:
    # Kinds that exist for services only exist for a job.
    caller = Caller(customer_id, plan, f"task:{task_id}", frozenset(), is_system=True)
    return Parent(task_id, caller, user_id, TaskState(state))
