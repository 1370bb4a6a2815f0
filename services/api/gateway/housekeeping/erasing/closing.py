"""Before anything is erased nothing more may come: no keys, no schedules, nobody who is told."""

from collections.abc import Collection
from typing import Any, LiteralString
from uuid import UUID

from psycopg import Connection

from gateway.tasks.cancellation import cancel_tasks
from gateway.tasks.selection import ListFilter
from gateway.tasks.selection_windows import choosing, window_values
from warren.contracts.states import TERMINAL_STATES, TaskState

_FIRST, _LAST = UUID(int=0), UUID(int=(1 << 128) - 1)
_STEP = 200
_LIVE = [state for state in TaskState if state not in TERMINAL_STATES]
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
_KEYS: LiteralString = "DELETE FROM api_keys WHERE customer_id = %(id)s"


def close(connection: Connection[Any], customer_id: UUID) -> int:
    """Take keys, schedules and webhooks away, in a transaction; returns how many keys there were.

    Gateways remember a key for five seconds.
    """
    values = {"id": customer_id}
    told = [row[0] for row in connection.execute(_LOCK_TOLD, values).fetchall()]
    if told:
        connection.execute(_TELL_NOBODY, {"ids": told, "low": told[0], "high": told[-1]})
    for statement in _CLOSE:
        connection.execute(statement, values)
    return connection.execute(_KEYS, values).rowcount


def cancel_some(
    connection: Connection[Any], customer_id: UUID, spared: Collection[UUID], actor: str
) -> tuple[int, bool]:
    """Cancel tasks that live, in a transaction; returns how many, and whether any lives still."""
    chosen = ListFilter(customer_id=customer_id, state=_LIVE)
    values = window_values(chosen, _FIRST, _LAST, limit=_STEP + len(spared))
    ids, _, _ = connection.execute(choosing(chosen), values).fetchall()[0]
    wanted = sorted(set(ids) - set(spared))
    answers = cancel_tasks(connection, wanted, actor)
    ended = sum(answer.state is TaskState.CANCELLED for answer in answers)
    return ended, bool(wanted)
