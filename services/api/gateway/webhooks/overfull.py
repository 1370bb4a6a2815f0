"""Receivers for which more and more waits: endpoints are disabled, and to URLs no more is sent.

Looked at by the scheduler's chores: recorders have no time to count so many rows.
"""

from typing import Any, LiteralString

from psycopg import Connection

from gateway.tasks.cancellation import cancel_tasks
from gateway.webhooks.alerting import alert_disabled
from gateway.webhooks.issuing import QUEUE

#: A receiver that answers, but too slowly for what it is sent, may have so many times more waiting.
_PATIENCE = 10
_AT_ONCE = 1_000
# The newest of a customer's: what came first is told first.
_EXCESS: LiteralString = """
SELECT id FROM (
    SELECT d.id, row_number() OVER (PARTITION BY d.customer_id ORDER BY d.number) AS place
    FROM outbox o JOIN webhook_deliveries d ON d.id = o.task_id
    WHERE o.queue = %s AND d.endpoint_id IS NULL
) AS waiting WHERE place > %s ORDER BY id LIMIT %s
"""
_DISABLE: LiteralString = """
UPDATE webhook_endpoints e SET disabled_at = now(), disabled_because = %(because)s,
    updated_at = now()
FROM (SELECT d.endpoint_id, count(*) AS waiting
    FROM outbox o JOIN webhook_deliveries d ON d.id = o.task_id
    WHERE o.queue = %(queue)s AND d.endpoint_id IS NOT NULL GROUP BY d.endpoint_id) AS live
WHERE e.id = live.endpoint_id AND e.disabled_at IS NULL
    AND (waiting > %(most)s OR (waiting > %(limit)s
        AND greatest(e.enabled_at, coalesce(e.last_success_at, e.enabled_at))
            < now() - interval '10 minutes'))
RETURNING e.id, e.customer_id, e.url
"""


def disable_overfull(connection: Connection[Any], limit: int) -> None:
    """Disable endpoints with more than `limit` messages waiting of which none comes through.

    For ten minutes, that is; those with ten times as many in any case.
    """
    because = f"more than {limit:,} messages waited for its receiver, which takes none or too few"
    values = {"because": because, "queue": QUEUE, "limit": limit, "most": limit * _PATIENCE}
    for endpoint, customer, url in connection.execute(_DISABLE, values).fetchall():
        alert_disabled(connection, endpoint, customer, url, because)


def cancel_excess(connection: Connection[Any], limit: int) -> bool:
    """Cancel a thousand of what waits for URLs of tasks beyond ten times `limit` of a customer.

    Within a transaction that holds no lock of tasks yet. Returns whether there may be more.
    """
    values = [QUEUE, limit * _PATIENCE, _AT_ONCE]
    ids = [row[0] for row in connection.execute(_EXCESS, values).fetchall()]
    cancel_tasks(connection, ids, "service:webhooks")
    return len(ids) == _AT_ONCE
