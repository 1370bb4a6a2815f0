"""Forget keys that have outlived their day."""

from typing import Any

from psycopg import Connection

#: Keys of one transaction, and transactions of one call at most.
_STEP = 5000
_STEPS = 200

_FORGET = """
DELETE FROM idempotency_keys WHERE (customer_id, key) IN (
    SELECT customer_id, key FROM idempotency_keys
    WHERE created_at < now() - interval '24 hours'
    ORDER BY created_at LIMIT %s FOR UPDATE SKIP LOCKED)
"""


def forget_old_keys(connection: Connection[Any]) -> int:
    """Delete keys older than 24 h, on an autocommit connection; returns how many."""
    forgotten = 0
    for _ in range(_STEPS):
        deleted = connection.execute(_FORGET, [_STEP]).rowcount
        forgotten += deleted
        if deleted < _STEP:
            break
    return forgotten
