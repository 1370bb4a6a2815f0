"""Rows that cannot be read: found among those of a claim, and moved out of the others' way."""

from collections.abc import Sequence
from typing import Any

import psycopg
import structlog
from psycopg import Connection

from gateway.database_work import is_outage
from gateway.recording.bisection import bisect_failures
from gateway.relaying.claims import postpone, read_tasks, select_ids
from gateway.relaying.fairness import Allotment
from warren.contracts.message import Dispatch
from warren.errors import WarrenError

_log = structlog.get_logger("warren.relay")


class UnreadableClaim(WarrenError):
    """Some of the allotted rows hold what cannot be read, so that none of them was."""

    def __init__(self, allotments: Sequence[Allotment], error: Exception) -> None:
        super().__init__(f"{type(error).__name__}: {error}")
        self.allotments = allotments


def is_rows_fault(error: Exception) -> bool:
    """Whether the data is to blame, and neither the database nor the connection to it."""
    return not isinstance(error, psycopg.Error) or not is_outage(error)


def postpone_unreadable(
    connection: Connection[Any], queue: str, allotments: Sequence[Allotment]
) -> int:
    """Let each row that cannot be read wait a minute; returns how many there were.

    One transaction of its own; raises psycopg.Error when the database cannot be used.
    """
    found = 0

    def read(dispatches: Sequence[Dispatch]) -> None:
        with connection.transaction():
            read_tasks(connection, dispatches)

    def set_aside(dispatch: Dispatch, error: Exception) -> None:
        nonlocal found
        if not is_rows_fault(error):
            raise error
        _log.error(
            "a task cannot be read, so it is not published; it is tried again in a minute",
            task_id=str(dispatch.task_id),
            queue=queue,
            error=str(error),
        )
        postpone(connection, dispatch)
        found += 1

    with connection.transaction():
        dispatches = select_ids(connection, queue, allotments)
        if dispatches:
            bisect_failures(dispatches, read, set_aside)
    return found
