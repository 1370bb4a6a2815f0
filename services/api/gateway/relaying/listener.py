"""Wait until a commit says that there is something to publish."""

from threading import Event
from typing import LiteralString

import psycopg
from psycopg.sql import SQL, Identifier

from gateway.database_session import DatabaseSession

#: Named in every statement that notifies: jobs to publish, and messages that are none.
OUTBOX_CHANNEL = "warren_outbox"
PUBLICATIONS_CHANNEL = "warren_publications"


class OutboxListener:
    """LISTENs on a connection of its own; without one it just waits."""

    def __init__(
        self, session: DatabaseSession, stop: Event, channel: LiteralString = OUTBOX_CHANNEL
    ) -> None:
        self._session = session
        self._channel = channel
        self._stop = stop
        self._listening: psycopg.Connection[object] | None = None

    def wait(self, timeout: float) -> None:
        """Return after a notification, or after `timeout` seconds.

        Returns at once after a new connection was made: notifications may have been missed.
        """
        try:
            connection = self._session.connection()
            if connection is not self._listening:
                connection.execute(SQL("LISTEN {}").format(Identifier(self._channel)))
                self._listening = connection
                return
            for _ in connection.notifies(timeout=timeout, stop_after=1):
                return
        except psycopg.OperationalError:
            # The loop's own connection reports what is wrong.
            self._session.discard()
            self._stop.wait(timeout)

    def close(self) -> None:
        """Close the connection."""
        self._session.close()
