"""Weekly partitions of what grows with every task."""

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
    """A week of a table without a partition, and why it could not be made.

    `monday` is its first midnight, UTC.
    """

    parent: str
    monday: datetime
    reason: str


def make_partitions(connection: Connection[Any]) -> list[MissingWeek]:
    """Make the partitions of the coming weeks, and of weeks with rows in a default partition.

    Each in a transaction of its own, of an autocommit connection, in which nobody waits for long.
    Returns those that could not be made, but for far ones of tables in use; their rows stand in the
    default partition. Raises psycopg.Error for a connection that is lost.
    """
    in_use: dict[str, str] = {}
    left: list[MissingWeek] = []
    for parent, week in connection.execute(_MISSING, [_WEEKS_AHEAD]).fetchall():
        monday = week.astimezone(UTC)
        # Where one week has waited in vain, no other keeps the table's readers waiting once more.
        reason = in_use.get(parent) or _make(connection, parent, monday, in_use)
        if reason is None:
            continue
        _log.warning("a week has no partition", table=parent, week=f"{monday:%F}", reason=reason)
        if parent not in in_use or abs(monday - datetime.now(UTC)) < _NEAR:
            left.append(MissingWeek(parent, monday, reason))
    return left


def _make(
    connection: Connection[Any], parent: str, monday: datetime, in_use: dict[str, str]
) -> str | None:
    """Returns why it could not be made; noted in `in_use` if the table was not to be had."""
    try:
        connection.execute(_MAKE, [parent, monday])
    except psycopg.Error as error:
        if connection.closed:
            raise
        reason = error.diag.message_primary or str(error)
        if isinstance(error, psycopg.errors.LockNotAvailable):
            in_use[parent] = reason
        return reason
    return None
