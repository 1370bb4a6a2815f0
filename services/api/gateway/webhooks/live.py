"""Deliveries that wait for an attempt, or are on their way: what changes of the next attempt."""

from typing import Any, LiteralString
from uuid import UUID

from psycopg import Connection
from psycopg.types.json import Jsonb

from gateway.webhooks.issuing import QUEUE

# Found by what is live, whatever has been delivered before; locked in the order of everybody.
_AMEND: LiteralString = """
WITH live AS (
    SELECT t.id FROM tasks t JOIN webhook_deliveries d ON d.id = t.id
    WHERE t.id IN (SELECT task_id FROM outbox WHERE queue = %(queue)s AND customer_id = %(customer)s
            UNION SELECT task_id FROM in_flight WHERE queue = %(queue)s)
        AND d.customer_id = %(customer)s AND d.endpoint_id IS NOT DISTINCT FROM %(endpoint)s
    ORDER BY t.id FOR NO KEY UPDATE OF t
), waiting AS (
    UPDATE outbox SET limit_key = %(key)s::text
    WHERE %(key)s::text IS NOT NULL AND task_id IN (SELECT id FROM live)
)
UPDATE tasks SET payload = payload || %(change)s, limit_key = coalesce(%(key)s::text, limit_key)
WHERE id IN (SELECT id FROM live)
"""


def amend_live(
    connection: Connection[Any],
    customer_id: UUID,
    endpoint_id: UUID | None,
    change: dict[str, Any],
    limit_key: str | None = None,
) -> None:
    """Have later attempts of an endpoint's deliveries, or of those to URLs of tasks, differ so.

    With a `limit_key` they fall under that from now on.
    """
    values = {
        "queue": QUEUE,
        "customer": customer_id,
        "endpoint": endpoint_id,
        "change": Jsonb(change),
        "key": limit_key,
    }
    connection.execute(_AMEND, values)
