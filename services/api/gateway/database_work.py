"""Database work that waits for a database that is away, and fails only for its own data."""

from collections.abc import Callable
from threading import Event
from typing import Any, TypeVar

import psycopg
from psycopg import Connection

from gateway.database_session import DatabaseSession
from gateway.outage import Outage
from warren.errors import WarrenError

T = TypeVar("T")


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
                self._session.discard()
                if self._stop.wait(self._outage.failed(error)):
                    raise Stopping("stopped while the database was away") from error
            else:
                self._outage.over()
                return result

    def close(self) -> None:
        """Close the connection."""
        self._session.close()


def is_outage(error: psycopg.Error) -> bool:
    """Whether trying again later can help: it is not the data's fault.

    Deadlocks and serialization failures count; so does a schema that is not migrated yet.
    """
    at_fault = (psycopg.DataError, psycopg.IntegrityError, psycopg.errors.ProgramLimitExceeded)
    return not isinstance(error, at_fault)
