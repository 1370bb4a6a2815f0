"""The files of a book: it keeps each as long as it is the newest of its sort."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from psycopg import Connection

# What nobody needs any more may be read by somebody at this moment.
_LET_GO = """
WITH forgotten AS (
    DELETE FROM kept_artifacts WHERE entity_id = %(book)s AND artifact_id = ANY (%(ids)s::uuid[]))
UPDATE artifacts SET expires_at = now() + interval '1 day'
WHERE id = ANY (%(ids)s::uuid[]) AND expires_at IS NULL
"""


def let_go(connection: Connection[Any], book_id: UUID, ids: Iterable[UUID | None]) -> None:
    """The book needs none of these any more."""
    gone = [each for each in ids if each is not None]
    if gone:
        connection.execute(_LET_GO, {"book": book_id, "ids": gone})
