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
# One erasure at a time: what is written after one has ended, the other would not empty.
_MARK: LiteralString = """
UPDATE customers c SET erased_by = %(task)s WHERE c.id = %(id)s AND NOT EXISTS (
    SELECT FROM tasks t WHERE t.id = c.erased_by AND t.id <> %(task)s
        AND t.state NOT IN ('succeeded', 'failed', 'cancelled', 'expired')
)
"""
_OTHER: LiteralString = "SELECT erased_by FROM customers WHERE id = %s"
_WAIT: LiteralString = "SELECT FROM customers WHERE id = %s FOR UPDATE"
# One at a time, and committed at once: what is submitted with a key that is being taken waits, and
# with it what shares its transaction, others' as well. First of all is the key, as for whoever
# writes with it (gateway/customers/holding.py).
_FIRST_KEY: LiteralString = """
SELECT id FROM api_keys WHERE customer_id = %s ORDER BY id LIMIT 1 FOR UPDATE
"""
_TAKE_KEY: LiteralString = "DELETE FROM api_keys WHERE id = %s"
# Whoever fires a schedule holds it: its last firing is there to be deleted once it has gone.
_STOP_SCHEDULES: LiteralString = "DELETE FROM schedules WHERE customer_id = %s RETURNING id"
_FORGET_FIRES: LiteralString = "DELETE FROM schedule_fires WHERE schedule_id = ANY (%s::uuid[])"
_TOLD: LiteralString = """
SELECT t.id FROM tasks t WHERE t.webhook IS NOT NULL AND t.customer_id = %(id)s
    AND t.state NOT IN ('succeeded', 'failed', 'cancelled', 'expired')
    AND t.id IN (SELECT task_id FROM outbox WHERE customer_id = %(id)s
        UNION SELECT task_id FROM in_flight)
ORDER BY t.id
"""
# Everybody locks tasks first, by id, then secrets, then endpoints.
_LOCK_TOLD: LiteralString = """
SELECT id FROM tasks WHERE id = ANY (%(ids)s::uuid[]) AND id BETWEEN %(low)s AND %(high)s
    AND customer_id = %(id)s AND state NOT IN ('succeeded', 'failed', 'cancelled', 'expired')
ORDER BY id FOR NO KEY UPDATE
"""
_TELL_NOBODY: LiteralString = """
UPDATE tasks SET webhook = NULL WHERE id = ANY (%(ids)s::uuid[]) AND id BETWEEN %(low)s AND %(high)s
"""
# Of an endpoint's secrets the owner is the endpoint, of those for single URLs the customer.
_FORGET_WEBHOOKS: tuple[LiteralString, ...] = (
    (
        "DELETE FROM webhook_secrets WHERE owner_id = %(id)s OR owner_id IN"
        " (SELECT id FROM webhook_endpoints WHERE customer_id = %(id)s)"
    ),
    "DELETE FROM webhook_endpoints WHERE customer_id = %(id)s",
)


def mark(connection: Connection[Any], customer_id: UUID, erasing: UUID) -> UUID | None:
    """Let nobody write for the customer, or make a key, once this transaction is committed.

    Returns another task that erases it, if there is one that has not ended: that goes first.
    """
    if connection.execute(_MARK, {"id": customer_id, "task": erasing}).rowcount:
        return None
    rows = connection.execute(_OTHER, [customer_id]).fetchall()
    return rows[0][0] if rows else None


def await_writers(connection: Connection[Any], customer_id: UUID) -> None:
    """Wait for whoever began to write for the customer before it was marked, in a transaction.

    While this waits nobody waits for it: others hold the customer as they did.
    """
    connection.execute(_WAIT, [customer_id])


def take_key(connection: Connection[Any], customer_id: UUID) -> bool:
    """Take one key away, in a transaction of its own; False if there is none.

    What is being written with it is waited for; afterwards nothing more is, though gateways
    remember a key for five seconds.
    """
    rows = connection.execute(_FIRST_KEY, [customer_id]).fetchall()
    for row in rows:
        connection.execute(_TAKE_KEY, row)
    return bool(rows)


def stop_schedules(connection: Connection[Any], customer_id: UUID) -> None:
    """Delete the schedules, in a transaction: nothing more comes of them."""
    stopped = [row[0] for row in connection.execute(_STOP_SCHEDULES, [customer_id]).fetchall()]
    connection.execute(_FORGET_FIRES, [stopped])


def told_tasks(connection: Connection[Any], customer_id: UUID) -> list[list[UUID]]:
    """The tasks whose ends would be told somebody, by id, in parts for `tell_nobody`."""
    ids = [row[0] for row in connection.execute(_TOLD, {"id": customer_id}).fetchall()]
    return [ids[first : first + _STEP] for first in range(0, len(ids), _STEP)]


def tell_nobody(connection: Connection[Any], customer_id: UUID, task_ids: list[UUID]) -> None:
    """Let nobody be told of the ends of these tasks, in a transaction; at least one, by id.

    Few at a time: the recorder waits for whoever holds them, with the ends of others' tasks.
    """
    values = {"id": customer_id, "ids": task_ids, "low": task_ids[0], "high": task_ids[-1]}
    living = [row[0] for row in connection.execute(_LOCK_TOLD, values).fetchall()]
    connection.execute(_TELL_NOBODY, {**values, "ids": living})


def forget_webhooks(connection: Connection[Any], customer_id: UUID) -> None:
    """Delete endpoints and secrets, in a transaction: nobody is told any more."""
    for statement in _FORGET_WEBHOOKS:
        connection.execute(statement, {"id": customer_id})


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
