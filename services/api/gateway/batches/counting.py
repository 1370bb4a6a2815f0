"""Counting the ends of members, as a set, under the lock of their batch.

`lock_tasks` locks with each member its batch, in id order, before anything of them is changed: so
of two transactions in which members of one batch end the second one sees what the first has
counted, and exactly one of them finds that it was the last.
"""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import orjson
from psycopg import Connection
from psycopg.rows import class_row

from gateway.batches.finishing import finish_batch
from gateway.batches.joining import show_progress
from gateway.batches.tally import TALLIES
from gateway.recording.loading import lock_tasks
from warren.contracts.batch_end import Tally, is_over
from warren.contracts.state_machine import Transition
from warren.contracts.states import TaskState

_NOTE_ENDS = """
UPDATE batch_members m SET state = n.state
FROM json_to_recordset(%s::json) AS n (id uuid, state text) WHERE m.task_id = n.id
RETURNING m.batch_id
"""
_REOPEN = """
UPDATE batch_members SET state = NULL WHERE task_id = ANY (%s::uuid[]) RETURNING batch_id
"""
_REOPEN_BATCHES = "UPDATE batches SET ended_at = NULL WHERE task_id = ANY (%s::uuid[])"
_MISSING = """
SELECT task_id, batch_id FROM batch_members
WHERE batch_id = ANY (%s::uuid[]) AND state IN ('failed', 'cancelled', 'expired')
"""
_PROGRESS = """
UPDATE tasks SET progress = %(progress)s, message = %(message)s, updated_at = now()
WHERE id = %(id)s
"""


def count_members(connection: Connection[Any], transitions: Sequence[Transition]) -> None:
    """A projection: what members do by ending."""
    ends = [{"id": t.after.id, "state": t.after.state.value} for t in transitions if t.ended]
    if not ends:
        return
    rows = connection.execute(_NOTE_ENDS, [orjson.dumps(ends).decode()]).fetchall()
    settle_batches(connection, {row[0] for row in rows})


def missing_members(connection: Connection[Any], ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """The members that did not succeed of those of these tasks that are batches; with their batch.

    Read without a lock: look again under it.
    """
    return dict(connection.execute(_MISSING, [list(ids)]).fetchall())


def reopen_members(connection: Connection[Any], ids: Sequence[UUID]) -> None:
    """These tasks, and batches, live again, within the transaction that has locked them."""
    connection.execute(_REOPEN_BATCHES, [list(ids)])
    rows = connection.execute(_REOPEN, [list(ids)]).fetchall()
    settle_batches(connection, {*(row[0] for row in rows), *ids})


def settle_batches(connection: Connection[Any], ids: Iterable[UUID]) -> dict[UUID, TaskState]:
    """Tell how far these batches are, and end those whose last member has ended.

    Within the transaction that has locked their tasks. Ids of other tasks are passed over. Returns
    the state of each.
    """
    with connection.cursor(row_factory=class_row(Tally)) as cursor:
        tallies = cursor.execute(TALLIES, [sorted(ids)]).fetchall()
    if not tallies:
        return {}
    locked = lock_tasks(connection, [tally.batch_id for tally in tallies])
    states = {}
    for tally in tallies:
        row = locked.rows[tally.batch_id]
        if row.state.is_terminal:
            states[row.id] = row.state
        elif is_over(row, tally):
            states[row.id] = finish_batch(connection, row, tally, locked.now)
        else:
            values = {"id": row.id, "progress": tally.progress, "message": tally.message}
            connection.execute(_PROGRESS, values)
            show_progress(connection, tally)
            states[row.id] = row.state
    return states
