"""Forget keys that have outlived their day."""

from typing import Any

from psycopg import Connection

_FORGET = """
DELETE FROM idempotency_keys WHERE (customer_id, key) IN (
    SELECT customer_id, key FROM idempotency_keys
    WHERE created_at < now() - interval '24 hours'
    ORDER BY created_at LIMIT %s FOR UPDATE SKIP LOCKED)
"""


def forget_old_keys(connection: Connection[Any], limit: int) -> int:
    """Delete at most `limit` keys older than 24 h; returns how many. For the housekeeper."""
    return connection.execute(_FORGET, [limit]).rowcount
