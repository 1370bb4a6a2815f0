"""The log of deliveries: the tasks that deliver, and the history of each."""

from collections.abc import Sequence
from typing import Any, LiteralString
from uuid import UUID

from psycopg import Connection
from psycopg.rows import dict_row

from gateway.webhooks.problems import DeliveryNotFound

_SELECT: LiteralString = """
SELECT d.*, t.state, t.attempt,
    t.finished_at, t.error, t.result, t.payload -> 'body' AS body,
    (SELECT max(available_at) FROM outbox o WHERE o.task_id = d.id) AS next_attempt_at
FROM webhook_deliveries d JOIN tasks t ON t.id = d.id
WHERE d.customer_id = %(customer)s
"""
_ONE: LiteralString = f"{_SELECT} AND d.id = %(id)s"
_PAGE: LiteralString = f"""{_SELECT} AND d.number < %(below)s
    AND (%(endpoint)s::uuid IS NULL OR d.endpoint_id = %(endpoint)s)
    AND (%(task)s::uuid IS NULL OR d.task_id = %(task)s)
ORDER BY d.number DESC LIMIT %(limit)s
"""
_ATTEMPTS: LiteralString = """
SELECT type, attempt, at, data FROM task_history
WHERE task_id = %s AND type IN ('task.succeeded', 'task.retrying', 'task.failed')
ORDER BY generation, dispatch, recorded_at
"""


def find_delivery(connection: Connection[Any], customer_id: UUID, delivery: UUID) -> dict[str, Any]:
    """The customer's delivery with its task; raises DeliveryNotFound."""
    values = {"customer": customer_id, "id": delivery}
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(_ONE, values).fetchone()
    if row is None:
        raise DeliveryNotFound(f"there is no delivery {delivery}")
    return row


def page_of_deliveries(
    connection: Connection[Any],
    customer_id: UUID,
    *,
    endpoint: UUID | None,
    task: UUID | None,
    below: int,
    limit: int,
) -> Sequence[dict[str, Any]]:
    """At most `limit` of the customer's deliveries before the number `below`, newest first."""
    values = {
        "customer": customer_id,
        "endpoint": endpoint,
        "task": task,
        "below": below,
        "limit": limit,
    }
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_PAGE, values).fetchall()


def attempts_of(connection: Connection[Any], delivery: UUID) -> Sequence[dict[str, Any]]:
    """Each attempt of a delivery that has ended, oldest first."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_ATTEMPTS, [delivery]).fetchall()
