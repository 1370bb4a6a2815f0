"""What tasks wait for, and for how many others: what their rows do not tell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from gateway.limits.waiting import why_waiting
from gateway.tasks.queue_position import queue_positions
from warren.contracts.states import TaskState, WaitingFor

#: Tasks in these states wait for something.
MAY_WAIT = frozenset({TaskState.SCHEDULED, TaskState.PENDING, TaskState.RETRYING})


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a task is due and still unpublished, if it is, and its place in the queue from 1."""

    waiting_for: WaitingFor | None
    queue_position: int | None

    def of(self, row: DictRow) -> DictRow:
        """The task's row with it."""
        reason = self.waiting_for or row["waiting_for"]
        return {**row, "waiting_for": reason, "queue_position": self.queue_position}


async def explanations(
    connection: AsyncConnection[DictRow], task_ids: Sequence[UUID]
) -> Mapping[UUID, Explanation]:
    """Of tasks that may wait, one for each. Raises psycopg.Error."""
    reasons = await why_waiting(connection, task_ids)
    positions = await queue_positions(connection, task_ids)
    return {id_: Explanation(reasons.get(id_), positions.get(id_)) for id_ in task_ids}
