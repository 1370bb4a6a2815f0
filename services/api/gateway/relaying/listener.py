"""Wait until a commit says that there is something to publish."""

import time
from threading import Event
from typing import LiteralString

import psycopg
from psycopg.sql import SQL, Identifier

from gateway.database_session import DatabaseSession

#: Named in every statement that notifies: jobs to publish, and messages that are none.
OUTBOX_CHANNEL = "warren_outbox"
PUBLICATIONS_CHANNEL = "warren_publications"
#: Seconds; nothing wakes its caller until it listens again.
_RECONNECT_AFTER = 1.0
#: Seconds until it is noticed that the process is to stop.
_SLICE = 0.25


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
        """Return after a notification, after `timeout` seconds, or when the process is to stop.

        Returns at once after a new connection was made: notifications may have been missed.
        """
        try:
            connection = self._session.connection()
            if connection is not self._listening:
                connection.execute(SQL("LISTEN {}").format(Identifier(self._channel)))
                self._listening = connection
                return
            self._wait_on(connection, time.monotonic() + timeout)
        except psycopg.OperationalError:
            # The loop's own connection reports what is wrong.
            self._session.discard()
            self._stop.wait(min(timeout, _RECONNECT_AFTER))

    def _wait_on(self, connection: psycopg.Connection[object], deadline: float) -> None:
        while not self._stop.is_set() and (left := deadline - time.monotonic()) > 0:
            for _ in connection.notifies(timeout=min(left, _SLICE), stop_after=1):
                return

    def close(self) -> None:
        """Close the connection."""
        self._session.close()
