"""What keys have used, and has drained since, is forgotten."""

from typing import Any

from psycopg import Connection

_FORGET = "DELETE FROM key_usage WHERE counted_at < now() - interval '2 days'"


def forget_old_usage(connection: Connection[Any]) -> None:
    """Delete the rows of keys that have asked for nothing since."""
    connection.execute(_FORGET)
