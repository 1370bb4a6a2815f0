"""The files of a book: it keeps each as long as it is the newest of its sort."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.sql import SQL, Identifier

# What nobody needs any more may be read by somebody at this moment.
_LET_GO = SQL("""
WITH old AS (SELECT {column} AS id FROM books WHERE id = %(book)s
    AND {column} IS DISTINCT FROM %(unless)s), forgotten AS (
    DELETE FROM kept_artifacts WHERE entity_id = %(book)s AND artifact_id IN (SELECT id FROM old))
UPDATE artifacts SET expires_at = now() + interval '1 day'
WHERE id IN (SELECT id FROM old) AND expires_at IS NULL
""")
_LET_GO_ALL = """
WITH forgotten AS (
    DELETE FROM kept_artifacts WHERE entity_id = %(book)s AND artifact_id = ANY (%(ids)s::uuid[]))
UPDATE artifacts SET expires_at = now() + interval '1 day'
WHERE id = ANY (%(ids)s::uuid[]) AND expires_at IS NULL
"""


def let_go(connection: Connection[Any], book_id: UUID, column: str, *, unless: UUID) -> None:
    """The book needs the file that its column names no more, but for the one given."""
    query = _LET_GO.format(column=Identifier(column))
    connection.execute(query, {"book": book_id, "unless": unless})


def let_go_all(connection: Connection[Any], book_id: UUID, ids: Iterable[UUID]) -> None:
    """The book needs none of these any more."""
    connection.execute(_LET_GO_ALL, {"book": book_id, "ids": list(ids)})
