"""Before anything is erased nothing more may come: no keys, no schedules, nobody who is told."""

from collections.abc import Collection
from typing import Any, LiteralString
from uuid import UUID

from psycopg import Connection

from gateway.tasks.cancellation import cancel_tasks
from gateway.tasks.selection import ListFilter
from gateway.tasks.selection_windows import Window, choosing, window_values
from warren.contracts.states import TERMINAL_STATES, TaskState

_FIRST, _LAST = UUID(int=0), UUID(int=(1 << 128) - 1)
_STEP = 200
_LIVE: list[TaskState] = [state for state in TaskState if state not in TERMINAL_STATES]
_CANCELLABLE: list[TaskState] = [s for s in _LIVE if s is not TaskState.CANCELLING]
# Of an endpoint's secrets the owner is the endpoint, of those for single URLs the customer.
_CLOSE: tuple[LiteralString, ...] = (
    "DELETE FROM key_usage WHERE key_id IN (SELECT id FROM api_keys WHERE customer_id = %(id)s)",
    (
        "DELETE FROM schedule_fires WHERE schedule_id IN"
        " (SELECT id FROM schedules WHERE customer_id = %(id)s)"
    ),
    "DELETE FROM schedules WHERE customer_id = %(id)s",
    (
        "DELETE FROM webhook_secrets WHERE owner_id = %(id)s OR owner_id IN"
        " (SELECT id FROM webhook_endpoints WHERE customer_id = %(id)s)"
    ),
    "DELETE FROM webhook_endpoints WHERE customer_id = %(id)s",
)
# Everybody locks tasks first, by id, then secrets, then endpoints.
_LOCK_TOLD: LiteralString = """
SELECT t.id FROM tasks t WHERE t.webhook IS NOT NULL AND t.customer_id = %(id)s
    AND t.state NOT IN ('succeeded', 'failed', 'cancelled', 'expired')
    AND t.id IN (SELECT task_id FROM outbox WHERE customer_id = %(id)s
        UNION SELECT task_id FROM in_flight)
ORDER BY t.id FOR NO KEY UPDATE OF t
"""
_TELL_NOBODY: LiteralString = """
UPDATE tasks SET webhook = NULL WHERE id = ANY (%(ids)s::uuid[]) AND id BETWEEN %(low)s AND %(high)s
"""
# First of all, as whoever writes with a key does (gateway/customers/holding.py).
_LOCK_KEYS: LiteralString = "SELECT FROM api_keys WHERE customer_id = %(id)s ORDER BY id FOR UPDATE"
_KEYS: LiteralString = "DELETE FROM api_keys WHERE customer_id = %(id)s"


def close(connection: Connection[Any], customer_id: UUID) -> int:
    """Take keys, schedules and webhooks away, in a transaction; returns how many keys there were.

    What is being written with a key is waited for; afterwards nothing more is, though gateways
    remember a key for five seconds.
    """
    values = {"id": customer_id}
    connection.execute(_LOCK_KEYS, values)
    told = [row[0] for row in connection.execute(_LOCK_TOLD, values).fetchall()]
    if told:
        connection.execute(_TELL_NOBODY, {"ids": told, "low": told[0], "high": told[-1]})
    for statement in _CLOSE:
        connection.execute(statement, values)
    return connection.execute(_KEYS, values).rowcount


def cancel_some(
    connection: Connection[Any], customer_id: UUID, spared: Collection[UUID], actor: str
) -> tuple[int, int]:
    """Cancel tasks that can be cancelled, in a transaction; returns how many are, and how many were
    asked to end: 0 if all have been."""
    wanted = _some(connection, customer_id, _CANCELLABLE, spared)
    answers = cancel_tasks(connection, wanted, actor)
    return sum(answer.state is TaskState.CANCELLED for answer in answers), len(wanted)


def is_living(connection: Connection[Any], customer_id: UUID, spared: Collection[UUID]) -> bool:
    """Whether any task has not ended yet."""
    return bool(_some(connection, customer_id, _LIVE, spared))


def _some(
    connection: Connection[Any],
    customer_id: UUID,
    states: list[TaskState],
    spared: Collection[UUID],
) -> list[UUID]:
    """The first of these tasks, however many of others live before them."""
    chosen = ListFilter(customer_id=customer_id, state=states)
    query = choosing(chosen)
    position: UUID | None = _FIRST
    wanted: list[UUID] = []
    while position is not None and not wanted:
        values = window_values(chosen, position, _LAST, limit=_STEP + len(spared))
        ids, last, looked_at = connection.execute(query, values).fetchall()[0]
        window = Window.of(ids, last, looked_at, values)
        wanted = sorted(set(window.ids) - set(spared))
        position = window.end
    return wanted
