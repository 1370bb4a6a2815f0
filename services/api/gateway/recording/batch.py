"""One batch of statuses, one transaction."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from psycopg import Connection

from gateway.recording.decoding import Rejected, Reported
from gateway.recording.loading import lock_tasks
from gateway.recording.writing import quarantine, write_transitions
from gateway.tasks.projection import Projection
from warren.contracts.state_machine import Transition, fold
from warren.contracts.status import Status
from warren.messaging.topology import STATUS_QUEUE


def record_statuses(
    connection: Connection[Any], items: Sequence[Reported], projections: Sequence[Projection]
) -> list[Transition]:
    """Fold and write the statuses; those of tasks that do not exist are quarantined.

    Raises psycopg.Error, or whatever a projection raises; nothing is written then.
    """
    by_task: dict[UUID, list[Status]] = {}
    for item in items:
        by_task.setdefault(item.status.task_id, []).append(item.status)
    with connection.pipeline(), connection.transaction():
        locked = lock_tasks(connection, by_task)
        transitions = [
            fold(row, by_task[task_id], locked.now) for task_id, row in locked.rows.items()
        ]
        write_transitions(connection, transitions)
        for project in projections:
            project(connection, transitions)
        unknown = [_unknown(item) for item in items if item.status.task_id not in locked.rows]
        quarantine(connection, STATUS_QUEUE, unknown)
    return transitions


def _unknown(item: Reported) -> Rejected:
    return Rejected(item.body, f"there is no task {item.status.task_id}")
