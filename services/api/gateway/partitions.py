"""Weekly partitions of what grows with every task."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString

import psycopg
import structlog
from psycopg import Connection

_WEEKS_AHEAD = 12
#: A week that is farther away may wait for a table that is in use.
_NEAR = timedelta(weeks=4)

_MISSING: LiteralString = "SELECT parent, week FROM missing_partitions(%s)"
_MAKE: LiteralString = "CALL make_partition(%s, %s)"
_log = structlog.get_logger("warren.housekeeper")


@dataclass(frozen=True, slots=True)
class MissingWeek:
    """A week of a table without a partition, and why it could not be made."""

    parent: str
    monday: datetime
    reason: str


def make_partitions(connection: Connection[Any]) -> list[MissingWeek]:
    """Make the partitions of the coming weeks, and of weeks with rows in a default partition.

    Each in a transaction of its own, of an autocommit connection, in which nobody waits for long.
    Returns those that could not be made, but for far ones of tables in use; their rows stand in the
    default partition. Raises psycopg.Error for a connection that is lost.
    """
    missing = connection.execute(_MISSING, [_WEEKS_AHEAD]).fetchall()
    return [week for parent, monday in missing for week in _make(connection, parent, monday)]


def _make(connection: Connection[Any], parent: str, monday: datetime) -> Iterator[MissingWeek]:
    try:
        connection.execute(_MAKE, [parent, monday])
    except psycopg.Error as error:
        if connection.closed:
            raise
        reason = error.diag.message_primary or str(error)
        week = f"{monday:%Y-%m-%d}"
        _log.warning("a week has no partition", table=parent, week=week, reason=reason)
        in_use = isinstance(error, psycopg.errors.LockNotAvailable)
        if not in_use or abs(monday - datetime.now(UTC)) < _NEAR:
            yield MissingWeek(parent, monday, reason)
