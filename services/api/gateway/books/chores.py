"""Deleted books of which no task is left."""

from typing import Any, LiteralString

from psycopg import Connection

#: As long as the summary of a task stays at most.
_DAYS, _MOST = 400, 10_000
_FORGET: LiteralString = """
DELETE FROM deleted_books WHERE id IN (SELECT id FROM deleted_books
    WHERE deleted_at < now() - make_interval(days => %s) ORDER BY deleted_at LIMIT %s)
"""


def forget_deleted_books(connection: Connection[Any]) -> None:
    """Within a transaction: some of those that nothing can be made of any more."""
    connection.execute(_FORGET, [_DAYS, _MOST])
