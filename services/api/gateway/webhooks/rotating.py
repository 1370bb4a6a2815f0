"""A new secret, also for what is on its way: retries go on for days."""

from typing import Any, LiteralString
from uuid import UUID

from psycopg import Connection
from psycopg.types.json import Jsonb

from gateway.webhooks.secrets import NewSecret, put_secret, read_secrets
from warren.contracts.webhooks import DeliverWebhook

# Found by what is live, whatever has been delivered before; locked in the order of everybody.
_RESIGN: LiteralString = """
WITH live AS (
    SELECT t.id FROM tasks t JOIN webhook_deliveries d ON d.id = t.id
    WHERE t.id IN (SELECT task_id FROM outbox WHERE kind = %(kind)s AND customer_id = %(customer)s
            UNION SELECT task_id FROM in_flight)
        AND d.customer_id = %(customer)s AND d.endpoint_id IS NOT DISTINCT FROM %(endpoint)s
    ORDER BY t.id FOR NO KEY UPDATE OF t
)
UPDATE tasks SET payload = jsonb_set(payload, '{secrets}', %(secrets)s)
WHERE id IN (SELECT id FROM live) AND payload ? 'secrets'
"""


def rotate_secret(
    connection: Connection[Any], customer_id: UUID, endpoint_id: UUID | None, overlap: float
) -> NewSecret:
    """Make a new secret of an endpoint, or else of the customer; the old one signs beside it.

    What waits for another attempt is signed by both, too.
    """
    owner = endpoint_id or customer_id
    new = put_secret(connection, owner, overlap)
    secrets = read_secrets(connection, [owner])[owner]
    values = {
        "kind": DeliverWebhook.kind,
        "customer": customer_id,
        "endpoint": endpoint_id,
        "secrets": Jsonb([item.model_dump(mode="json", exclude_none=True) for item in secrets]),
    }
    connection.execute(_RESIGN, values)
    return new
