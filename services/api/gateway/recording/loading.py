"""Lock and read the tasks that a batch of statuses is about."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection, Cursor
from psycopg.rows import TupleRow

from warren.contracts.state_machine import InFlight, OutboxRow, TaskRow
from warren.contracts.states import TaskState, WaitingFor

# With each member of a batch its batch, so that ends are counted under its lock and all locks are
# taken in one order; both ids have the same time bits. The bounds let the server skip the
# partitions that none of the ids can be in.
_LOCK_TASKS = """
SELECT t.id, t.customer_id, t.kind, t.version, t.queue, t.state, t.generation, t.dispatch, t.rank,
    t.attempt, t.max_attempts, t.waiting_for, t.progress, t.message, NULL, t.error, t.run_id,
    t.worker, t.queued_at, t.started_at, t.attempt_started_at, t.finished_at, t.processing_seconds,
    t.children_dropped
FROM (SELECT unnest(%(ids)s::uuid[])
    UNION SELECT batch_id FROM batch_members WHERE task_id = ANY (%(ids)s::uuid[])
) AS wanted (id) JOIN tasks t ON t.id = wanted.id
WHERE t.id BETWEEN %(low)s AND %(high)s
ORDER BY t.id FOR NO KEY UPDATE OF t
"""
# Waits for a relay that is still publishing one of these rows; in_flight is read after that.
_LOCK_OUTBOX = """
SELECT o.task_id, o.generation, o.dispatch, o.attempt
FROM outbox o WHERE o.task_id = ANY (%(ids)s::uuid[])
ORDER BY o.task_id, o.generation, o.dispatch FOR UPDATE
"""
_READ_IN_FLIGHT = """
SELECT task_id, generation, dispatch, published_at, started_at IS NOT NULL, handed_back_at
FROM in_flight WHERE task_id = ANY (%(ids)s::uuid[])
"""
#: All bits of an id but those of its time.
_NOISE = (1 << 80) - 1


@dataclass(frozen=True, slots=True)
class LockedTasks:
    """The tasks that exist, as they are under their locks, and the database's clock.

    The batches of which they are members are locked, too.
    """

    rows: dict[UUID, TaskRow]
    now: datetime


def lock_tasks(connection: Connection[Any], ids: Iterable[UUID]) -> LockedTasks:
    """Lock rows of tasks, then of their outbox, in id order, within the caller's transaction."""
    wanted = sorted(set(ids))
    low, high = wanted[0].int & ~_NOISE, wanted[-1].int | _NOISE
    keys = {"ids": wanted, "low": UUID(int=low), "high": UUID(int=high)}
    cursors = [_cursor(connection) for _ in range(4)]
    # Sent together (pipeline mode), read afterwards.
    for cursor, query in zip(cursors, (_LOCK_TASKS, _LOCK_OUTBOX, _READ_IN_FLIGHT), strict=False):
        cursor.execute(query, keys)
    cursors[3].execute("SELECT clock_timestamp()")
    tasks, outbox, in_flight, clock = (cursor.fetchall() for cursor in cursors)
    asked = set(wanted)
    rows = {row[0]: _task(row) for row in tasks if row[0] in asked}
    for task_id, *columns in outbox:
        if task_id in rows:
            rows[task_id].outbox += (OutboxRow(*columns),)
    for task_id, *columns in in_flight:
        if task_id in rows:
            rows[task_id].in_flight = InFlight(*columns)
    return LockedTasks(rows, clock[0][0])


def _cursor(connection: Connection[Any]) -> Cursor[TupleRow]:
    return connection.cursor(binary=True)


def _task(columns: TupleRow) -> TaskRow:
    row = TaskRow(*columns)
    row.state = TaskState(row.state)
    row.waiting_for = WaitingFor(row.waiting_for) if row.waiting_for else None
    return row
