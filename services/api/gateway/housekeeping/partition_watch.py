"""Somebody has to look when a week gets no partition."""

from itertools import groupby
from typing import Any

from psycopg import Connection

from gateway.alerts.store import Alerts
from gateway.partitions import MissingWeek, make_partitions

_NAME = "partition_missing"
_STILL_MISSING = "SELECT DISTINCT parent FROM missing_partitions(1)"
_PARENTS = ("tasks", "task_history", "audit_writes")


def watch_partitions(connection: Connection[Any], alerts: Alerts) -> None:
    """Make what can be made; raise an alert for each table that lacks a week, clear it if none.

    Another housekeeper may be about to make one, or have just failed to: then it stands.
    """
    missing = {
        parent: list(weeks)
        for parent, weeks in groupby(make_partitions(connection), lambda week: week.parent)
    }
    still = {parent for (parent,) in connection.execute(_STILL_MISSING).fetchall()}
    for parent in _PARENTS:
        if parent in missing:
            alerts.raise_alert(connection, _NAME, parent, _message(parent, missing[parent]))
        elif parent not in still:
            alerts.clear(connection, _NAME, parent)


def _message(parent: str, weeks: list[MissingWeek]) -> str:
    first = weeks[0]
    return (
        f"{parent} has no partition for the week of {first.monday:%Y-%m-%d}"
        f"{f' and {len(weeks) - 1} more' if len(weeks) > 1 else ''}: {first.reason}. Nothing is"
        f" lost: rows of then stand in {parent}_default. It is tried again every ten minutes;"
        " docs/runbooks/partitions.md says what to do"
    )
