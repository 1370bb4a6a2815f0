"""Batches that jobs ask for: their tasks, and the members that commands bring."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson
from psycopg import Connection
from psycopg.rows import tuple_row
from psycopg.types.json import Jsonb

from gateway.authentication import Caller
from gateway.batches.counting import settle_batches
from gateway.batches.joining import LEAVING, note_awaited
from gateway.intake.parents import Parent
from gateway.recording.loading import lock_tasks
from warren.contracts.batches import BATCH_KIND
from warren.contracts.intake import SpawnTasks, batch_id, child_id
from warren.contracts.lanes import Lane, queue_name

OPEN_BATCH = """
WITH opened AS (
    INSERT INTO tasks (id, customer_id, user_id, actor, kind, version, queue, lane, payload,
        parent_id, traceparent, state, waiting_for, max_attempts, started_at)
    VALUES (%(id)s, %(customer)s, %(user)s, %(actor)s, %(kind)s, 1, %(queue)s, 'default', '{}',
        %(parent)s, %(traceparent)s, 'processing', 'members', 1, now())
    ON CONFLICT (id) DO NOTHING RETURNING id
)
INSERT INTO batches (task_id, total, callback) SELECT id, %(total)s, %(callback)s FROM opened
"""
# One that was refused has ended before anybody could count it.
ADD_MEMBERS = """
INSERT INTO batch_members (task_id, batch_id, position, state)
SELECT n.task_id, n.batch_id, n.position, CASE WHEN t.state IN
    ('succeeded', 'failed', 'cancelled', 'expired') THEN t.state END
FROM json_to_recordset(%(rows)s::json) AS n (task_id uuid, batch_id uuid, position integer)
    JOIN tasks t ON t.id = n.task_id
WHERE n.position < (SELECT total FROM batches b WHERE b.task_id = n.batch_id)
ON CONFLICT DO NOTHING
"""


def callers_batch(
    batch_id: UUID, caller: Caller, total: int, callback: dict[str, Any] | None = None
) -> dict[str, Any]:
    """What OPEN_BATCH names, of a batch that a caller submits."""
    return {
        "id": batch_id,
        "customer": caller.customer_id,
        "user": None,
        "actor": caller.actor,
        "kind": BATCH_KIND,
        "queue": queue_name(BATCH_KIND.partition(".")[0], Lane.DEFAULT),
        "parent": None,
        "traceparent": None,
        "total": total,
        "callback": Jsonb(callback) if callback else None,
    }


def member_rows(batch_id: UUID, offset: int, ids: Iterable[UUID]) -> str:
    """What ADD_MEMBERS names: these tasks follow `offset` others."""
    rows = [
        {"task_id": id_, "batch_id": batch_id, "position": position}
        for position, id_ in enumerate(ids, offset)
    ]
    return orjson.dumps(rows).decode()


def batch_of(command: SpawnTasks) -> UUID | None:
    """The id of the batch whose members the command brings."""
    return batch_id(command.parent_id, command.batch.key) if command.batch else None


def open_batches(
    connection: Connection[Any], commands: Sequence[SpawnTasks], parents: Mapping[UUID, Parent]
) -> set[UUID]:
    """Make the batches that are new, and lock all; returns those that take no more members."""
    ids = {found: command for command in commands if (found := batch_of(command)) is not None}
    for new_id, command in sorted(ids.items(), key=lambda item: item[0]):
        parent = parents[command.parent_id]
        connection.execute(OPEN_BATCH, _values(new_id, command, parent))
        is_left = parent.state in LEAVING
        if command.batch and command.batch.awaited and (is_left or not parent.state.is_terminal):
            note_awaited(connection, new_id, parent.id, is_left=is_left)
    if not ids:
        return set()
    rows = lock_tasks(connection, ids).rows
    return {row.id for row in rows.values() if row.waiting_for is None}


def add_members(connection: Connection[Any], commands: Sequence[SpawnTasks]) -> None:
    """Note which tasks the batches wait for; those that have ended already count at once."""
    rows = [
        {
            "task_id": child_id(command.parent_id, child.key),
            "batch_id": batch_of(command),
            "position": command.batch.offset + number,
        }
        for command in commands
        if command.batch is not None
        for number, child in enumerate(command.children)
    ]
    if rows:
        with connection.cursor(row_factory=tuple_row) as cursor:
            cursor.execute(ADD_MEMBERS, {"rows": orjson.dumps(rows).decode()})
        settle_batches(connection, {batch for c in commands if (batch := batch_of(c)) is not None})


def _values(new_id: UUID, command: SpawnTasks, parent: Parent) -> dict[str, Any]:
    batch = command.batch
    then = batch.then if batch else None
    return {
        "id": new_id,
        "customer": parent.caller.customer_id,
        "user": parent.user_id,
        "actor": parent.caller.actor,
        "kind": BATCH_KIND,
        "queue": queue_name(BATCH_KIND.partition(".")[0], Lane.DEFAULT),
        "parent": parent.id,
        "traceparent": command.traceparent,
        "total": batch.total if batch else 0,
        "callback": Jsonb(then.model_dump(mode="json", exclude_none=True)) if then else None,
    }
