"""Orders of pictures that have been counted, and count again when their tasks start again."""

from collections.abc import Sequence
from typing import Any, LiteralString
from uuid import UUID

from psycopg import Connection

_COUNT_TODAY: LiteralString = "UPDATE image_orders SET created_at = now() WHERE task_id = ANY (%s)"


def count_today(connection: Connection[Any], task_ids: Sequence[UUID]) -> None:
    """Of these tasks a further generation starts: what they ask for counts today, once."""
    connection.execute(_COUNT_TODAY, [list(task_ids)])
