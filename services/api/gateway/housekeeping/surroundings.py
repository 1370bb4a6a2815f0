"""What a scheduled job of the housekeeper works with."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg
from psycopg import Connection

from gateway.database_session import DatabaseSession
from gateway.housekeeping.config import HousekeepingSettings
from warren.errors import Unavailable

_NAME = "warren-housekeeper-job"


@contextmanager
def database_of(settings: HousekeepingSettings) -> Iterator[Connection[Any]]:
    """An autocommit connection for one job; raises Unavailable while the database is away."""
    with closing(DatabaseSession(settings.database_url, name=_NAME)) as session:
        try:
            yield session.connection()
        except psycopg.OperationalError as error:
            raise Unavailable(f"the database does not answer: {error}") from error
