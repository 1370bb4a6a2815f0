"""Deliveries that wait for an attempt, or are on their way: what changes of the next attempt.

Whoever changes an address or a secret commits that first, which waits for those who are making
deliveries at that moment (`hold_secret`, `share_secrets`), and then brings what is live up to date,
in a transaction of its own: it locks tasks, which everybody locks first.
"""

from typing import Any, LiteralString
from uuid import UUID

from psycopg import Connection
from psycopg.types.json import Jsonb

from gateway.webhooks.delivery import host_of
from gateway.webhooks.issuing import QUEUE, limit_key_at
from gateway.webhooks.secrets import read_secrets

# Found by what is live, whatever has been delivered before; locked in the order of everybody.
_LOCK_LIVE: LiteralString = """
SELECT t.id FROM tasks t JOIN webhook_deliveries d ON d.id = t.id
WHERE t.id IN (SELECT task_id FROM outbox WHERE queue = %(queue)s AND customer_id = %(customer)s
        UNION SELECT task_id FROM in_flight WHERE queue = %(queue)s)
    AND d.customer_id = %(customer)s AND d.endpoint_id IS NOT DISTINCT FROM %(endpoint)s
ORDER BY t.id FOR NO KEY UPDATE OF t
"""
# Of messages that are on their way the first secret is the newest.
_STALE: LiteralString = """
SELECT d.customer_id, d.endpoint_id FROM webhook_secrets s
JOIN webhook_deliveries d ON s.owner_id = coalesce(d.endpoint_id, d.customer_id)
JOIN tasks t ON t.id = d.id
WHERE s.previous_until IS NOT NULL AND s.created_at > now() - interval '7 days'
    AND d.id IN (SELECT task_id FROM outbox WHERE queue = %(queue)s
        UNION SELECT task_id FROM in_flight WHERE queue = %(queue)s)
    AND t.payload #>> '{secrets,0,sealed}' <> s.sealed
LIMIT 1
"""
_URL: LiteralString = "SELECT url FROM webhook_endpoints WHERE id = %s"
_AMEND: LiteralString = """
WITH waiting AS (
    UPDATE outbox SET limit_key = %(key)s::text
    WHERE %(key)s::text IS NOT NULL AND task_id = ANY (%(ids)s::uuid[])
)
UPDATE tasks SET payload = payload || %(change)s, limit_key = coalesce(%(key)s::text, limit_key)
WHERE id = ANY (%(ids)s::uuid[])
"""


def refresh_live(connection: Connection[Any], customer_id: UUID, endpoint_id: UUID | None) -> None:
    """Have later attempts carry what is committed: of an endpoint, or of URLs of tasks for None.

    Within a transaction that holds no lock of tasks yet.
    """
    values = {"queue": QUEUE, "customer": customer_id, "endpoint": endpoint_id}
    ids = [row[0] for row in connection.execute(_LOCK_LIVE, values).fetchall()]
    owner = endpoint_id or customer_id
    # Read under the locks: of two who do this at a time the later one writes what is newest.
    secrets = read_secrets(connection, [owner]).get(owner)
    if not ids or secrets is None:
        return
    change: dict[str, Any] = {
        "secrets": [item.model_dump(mode="json", exclude_none=True) for item in secrets]
    }
    key = None
    for (url,) in connection.execute(_URL, [endpoint_id]).fetchall():
        host = host_of(url)
        change |= {"url": url, "host": host}
        key = limit_key_at(connection, customer_id, host)
    connection.execute(_AMEND, {"ids": ids, "change": Jsonb(change), "key": key})


def refresh_stale(connection: Connection[Any]) -> bool:
    """Refresh what a rotation has left as it was, because it was interrupted after its commit.

    One owner's at a time; returns whether there may be others. Within a transaction that holds no
    lock of tasks yet.
    """
    for customer_id, endpoint_id in connection.execute(_STALE, {"queue": QUEUE}).fetchall():
        refresh_live(connection, customer_id, endpoint_id)
        return True
    return False
