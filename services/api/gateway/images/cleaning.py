"""Rows of pictures whose files have gone, and orders that nothing counts any more."""

from datetime import timedelta
from typing import Any, LiteralString

from psycopg import Connection

#: Only today's orders are counted, and those of tasks that are started again.
_ORDERS_KEPT = timedelta(days=2)

_FORGET: LiteralString = """
DELETE FROM generated_images g WHERE NOT EXISTS (SELECT FROM artifacts a WHERE a.id = g.id)
"""
_FORGET_ORDERS: LiteralString = """
DELETE FROM image_orders o WHERE o.created_at < now() - %s
    AND NOT EXISTS (SELECT FROM tasks t WHERE t.id = o.task_id)
"""


def forget_images(connection: Connection[Any]) -> int:
    """Delete the rows of pictures that are gone, and old orders; returns how many pictures."""
    connection.execute(_FORGET_ORDERS, [_ORDERS_KEPT])
    return connection.execute(_FORGET).rowcount
