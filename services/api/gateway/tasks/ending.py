"""Ends that no worker reports (warren.contracts.endings).

They are written, and followed, exactly as an end that a status brings.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection

from gateway.recording.loading import lock_tasks
from gateway.recording.projections import ending_projections
from gateway.recording.writing import write_transitions
from warren.contracts.endings import Ending
from warren.contracts.state_machine import TaskRow, Transition


def end_tasks(
    connection: Connection[Any],
    ids: Iterable[UUID],
    ending_of: Callable[[TaskRow], Ending | None],
) -> list[Transition]:
    """Lock these tasks, and end those that live and for which `ending_of` names an ending.

    Within the caller's transaction, which must hold no lock on the outbox yet. `ending_of` sees
    each task as it is under its lock. Returns what ended.
    """
    wanted = list(ids)
    if not wanted:
        return []
    locked = lock_tasks(connection, wanted)
    endings = [
        (row, ending)
        for row in locked.rows.values()
        if not row.state.is_terminal and (ending := ending_of(row)) is not None
    ]
    return end_locked(connection, endings, locked.now)


def end_locked(
    connection: Connection[Any], endings: Sequence[tuple[TaskRow, Ending]], now: datetime
) -> list[Transition]:
    """End live tasks that `lock_tasks` has locked in this transaction, at its `now`."""
    transitions = [ending.of(row, now) for row, ending in endings]
    if transitions:
        write_transitions(connection, transitions)
        for project in ending_projections():
            project(connection, transitions)
    return transitions
