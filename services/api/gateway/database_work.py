"""Database work that waits for a database that is away, and fails only for its own data."""

import random
from collections.abc import Callable
from threading import Event
from typing import Any, TypeVar

import psycopg
from psycopg import Connection

from gateway.database_session import DatabaseSession
from gateway.outage import Outage
from warren.errors import WarrenError

T = TypeVar("T")

#: Two transactions met; the one that was given up is simply run again.
_COLLISIONS = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)
_LONGEST_COLLISION_DELAY = 0.05
#: Class of SQLSTATEs: what PostgreSQL could never store.
_PROGRAM_LIMIT_EXCEEDED = "54"


class Stopping(WarrenError):
    """The process was told to stop while it waited for the database."""


class DatabaseWork:
    """Runs operations on one connection until the database has done them or the process stops."""

    def __init__(self, session: DatabaseSession, stop: Event) -> None:
        self._session = session
        self._stop = stop
        self._outage = Outage("the database")

    def run(self, operation: Callable[[Connection[Any]], T]) -> T:
        """Run `operation`, again and again while the database is away.

        The operation must be one transaction. Raises whatever it raises because of its data, and
        Stopping when the process is told to stop before it is done.
        """
        while True:
            try:
                result = operation(self._session.connection())
            except psycopg.Error as error:
                if not is_outage(error):
                    raise
                if self._stop.wait(self._delay_after(error)):
                    raise Stopping("stopped while the database could not be used") from error
            else:
                self._outage.over()
                return result

    def _delay_after(self, error: psycopg.Error) -> float:
        if isinstance(error, _COLLISIONS):
            return random.uniform(0.0, _LONGEST_COLLISION_DELAY)
        self._session.discard()
        return self._outage.failed(error)

    def close(self) -> None:
        """Close the connection."""
        self._session.close()


def is_outage(error: psycopg.Error) -> bool:
    """Whether trying again later can help: it is not the data's fault.

    Deadlocks and serialization failures count; so does a schema that is not migrated yet.
    """
    too_large = (error.sqlstate or "").startswith(_PROGRAM_LIMIT_EXCEEDED)
    return not too_large and not isinstance(error, psycopg.DataError | psycopg.IntegrityError)
