"""Writing a schedule's task: in one transaction with the row that makes its due time fire once."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import DictRow

from gateway.auditing.changes import Action, Change
from gateway.database import Pool
from gateway.problems import NotFound
from gateway.scheduling.record import StoredSchedule
from gateway.tasks.acceptance import Acceptance, NewTask, accept_tasks, accepted_before
from warren.contracts.due_times import Plan
from warren.errors import WarrenError

# A schedule that another scheduler is firing, or froze over, is left to it: unlocked, it is as the
# other has left it.
_CLAIM: LiteralString = """
SELECT FROM schedules WHERE id = %(id)s AND revision = %(revision)s AND next_due_at = %(next_due)s
    AND enabled AND retired_at IS NULL FOR UPDATE SKIP LOCKED
"""
_FIRE: LiteralString = """
INSERT INTO schedule_fires (schedule_id, due_at, task_id, coalesced)
VALUES (%(id)s, %(due)s, %(task)s, %(coalesced)s) ON CONFLICT DO NOTHING
"""
_ADVANCE: LiteralString = """
UPDATE schedules SET next_due_at = %(following)s, fire_at = %(fire_at)s, refusal = NULL,
    last_due_at = %(due)s, last_fired_at = now(), last_task_id = %(last_task)s WHERE id = %(id)s
"""
# Who deletes it is waited for, an erasure of the customer, too: what comes afterwards is refused.
_LOCK: LiteralString = "SELECT FROM schedules WHERE id = %s FOR NO KEY UPDATE"
_NOTE_RUN: LiteralString = """
UPDATE schedules SET last_fired_at = now(), last_task_id = %(task)s WHERE id = %(id)s
"""


class FiredElsewhere(WarrenError):
    """Another scheduler has this due time, or the schedule has changed since it was read."""


class FiringWriter:
    """Takes the tasks that due times become, each within `firing`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._firings: dict[UUID, dict[str, Any]] = {}

    @contextmanager
    def firing(self, schedule: StoredSchedule, plan: Plan) -> Iterator[UUID]:
        """The id of the task to submit, which is taken within the block only."""
        task_id = schedule.task_id(plan.due_at)
        self._firings[task_id] = {
            "id": schedule.id,
            "revision": schedule.revision,
            "next_due": schedule.next_due_at,
            "task": task_id,
            "due": plan.due_at,
            "coalesced": plan.coalesced,
            "following": plan.following.due_at,
            "fire_at": plan.following.fire_at,
        }
        try:
            yield task_id
        finally:
            del self._firings[task_id]

    async def accept(self, task: NewTask) -> Acceptance:
        """Commit task, due time and what comes next.

        Raises FiredElsewhere, and psycopg.Error.
        """
        async with self._pool.connection() as connection:
            try:
                async with connection.transaction():
                    accepted = await self._fire(connection, task)
            except psycopg.errors.ReadOnlySqlTransaction:
                # A standby by now: a new connection may find the server that took over.
                await connection.close()
                raise
        if accepted is None:
            raise FiredElsewhere(f"the task {task.id} of a schedule is, or was, made elsewhere")
        return accepted

    async def _fire(self, connection: AsyncConnection[DictRow], task: NewTask) -> Acceptance | None:
        values = self._firings[task.id]
        if (await connection.execute(_CLAIM, values)).rowcount != 1:
            return None
        # A time that has been fired and is due again (a clock went back) is only passed by.
        is_new = (await connection.execute(_FIRE, values)).rowcount == 1
        accepted = (await accept_tasks(connection, [task]))[task.id] if is_new else None
        # An earlier task with the kind's unique key may stand for it.
        last_task = accepted.task_id if accepted else task.id
        await connection.execute(_ADVANCE, {**values, "last_task": last_task})
        return accepted


@dataclass(frozen=True, slots=True)
class OrderedRunWriter:
    """Takes a task that somebody wants now, whatever the schedule says."""

    pool: Pool
    schedule: StoredSchedule
    actor: str

    async def accept(self, task: NewTask) -> Acceptance:
        """Commit the task, note it as the schedule's last, and who wanted it.

        Raises NotFound for a schedule that is gone by now, and psycopg.Error.
        """
        async with self.pool.connection() as connection, connection.transaction():
            if not (await connection.execute(_LOCK, [self.schedule.id])).rowcount:
                raise NotFound(f"there is no schedule {self.schedule.name!r} any more")
            done_before = await accepted_before(connection, [task.id])
            accepted = (await accept_tasks(connection, [task]))[task.id]
            await connection.execute(_NOTE_RUN, {"id": self.schedule.id, "task": accepted.task_id})
            if not done_before:
                await self._told(accepted).record_beside(connection)
        return accepted

    def _told(self, accepted: Acceptance) -> Change:
        schedule = self.schedule
        told = {"name": schedule.name, "kind": schedule.kind, "task_id": accepted.task_id}
        action = Action.SCHEDULE_RUN
        return Change(self.actor, action, str(schedule.id), schedule.customer_id, told)
