"""What is done now and then: nothing waits for endpoints that are gone, old logs are forgotten."""

from typing import Any, LiteralString

from psycopg import Connection

from gateway.tasks.cancellation import cancel_tasks
from gateway.webhooks.issuing import QUEUE

_DAYS_OF_LOG = 30
_BATCH = 10_000
_AT_ONCE = 1_000
_UNWANTED: LiteralString = """
SELECT d.id FROM outbox o JOIN webhook_deliveries d ON d.id = o.task_id
LEFT JOIN webhook_endpoints e ON e.id = d.endpoint_id
WHERE o.queue = %s AND d.endpoint_id IS NOT NULL AND d.type <> 'webhook.ping'
    AND (e.id IS NULL OR e.disabled_at IS NOT NULL)
ORDER BY d.id LIMIT %s
"""
_FORGET: LiteralString = """
DELETE FROM webhook_deliveries WHERE number IN (SELECT number FROM webhook_deliveries
    WHERE created_at < now() - make_interval(days => %s) ORDER BY number LIMIT %s)
"""


def cancel_unwanted(connection: Connection[Any]) -> bool:
    """Cancel a thousand deliveries that wait for endpoints which are disabled or deleted.

    Returns whether there may be more. Within a transaction that holds no lock of tasks yet.
    """
    ids = [row[0] for row in connection.execute(_UNWANTED, [QUEUE, _AT_ONCE]).fetchall()]
    cancel_tasks(connection, ids, "service:webhooks")
    return len(ids) == _AT_ONCE


def forget_deliveries(connection: Connection[Any]) -> None:
    """Delete the log of what is older than the history of its tasks."""
    connection.execute(_FORGET, [_DAYS_OF_LOG, _BATCH])
