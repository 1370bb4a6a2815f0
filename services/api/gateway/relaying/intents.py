"""Which rows of the outbox may be in the broker already, because their relay came to no end.

A relay publishes between claiming rows and the commit that deletes them. Killed, frozen or cut off
in between it leaves rows that look unpublished, and messages of them that workers run. So each
batch is noted, durably and beside the claim's own transaction, before the first of it is
published; the transaction that settles the batch deletes the note. Whoever holds the lock of a row
that a note still names knows that its message may be on its way.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection

from gateway.database_session import DatabaseSession
from warren.contracts.ids import new_id

_NOTE = "INSERT INTO publish_intents (id, task_ids) VALUES (%s, %s)"
_SETTLE = "DELETE FROM publish_intents WHERE id = %s"
_NARROW = "UPDATE publish_intents SET task_ids = %s WHERE id = %s"
_POSSIBLY_PUBLISHED = """
SELECT task_id, max(begun_at) FROM publish_intents CROSS JOIN LATERAL unnest(task_ids) AS task_id
WHERE task_ids && %(ids)s::uuid[] AND task_id = ANY (%(ids)s::uuid[]) GROUP BY task_id
"""
# Long after the last moment at which a relay that froze can have published; no claim lasts so long.
_FORGET = """
DELETE FROM publish_intents i WHERE begun_at < now() - interval '15 minutes'
    AND NOT EXISTS (SELECT FROM outbox o WHERE o.task_id = ANY (i.task_ids))
"""


class PublishIntents:
    """Notes what is about to be published, with a connection of its own."""

    def __init__(self, session: DatabaseSession) -> None:
        self._session = session

    def note(self, task_ids: Iterable[UUID]) -> UUID:
        """Commit a note of these tasks, whose rows are locked; raises psycopg.Error."""
        intent = new_id()
        self._session.connection().execute(_NOTE, [intent, list(task_ids)])
        return intent

    def settle(
        self, connection: Connection[Any], intent: UUID, uncertain: Sequence[UUID] = ()
    ) -> None:
        """Take back the note but for `uncertain`, in the transaction that holds the claim."""
        if uncertain:
            connection.execute(_NARROW, [list(uncertain), intent])
        else:
            connection.execute(_SETTLE, [intent])


def possibly_published(
    connection: Connection[Any], task_ids: Sequence[UUID]
) -> dict[UUID, datetime]:
    """Which of these have a row that may be in the broker all the same, and since when.

    Only their locked rows of the outbox make the answer certain.
    """
    return dict(connection.execute(_POSSIBLY_PUBLISHED, {"ids": list(task_ids)}).fetchall())


def forget_old_intents(connection: Connection[Any]) -> None:
    """Delete old notes of which no row is left."""
    connection.execute(_FORGET)
