"""Tasks that wait for batches of their own: shown how far these are, and run when they have ended.

Known from the command that asks for the batch on. A task waits as an outbox row that is not due.
The transaction that ends its batch makes the row due and puts the outcome into the payload. Which
of the two is first, the end or the wait, does not matter: both look for the other after they have
locked the row of `batches`.
"""

from collections.abc import Sequence
from typing import Any, LiteralString
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from gateway.batches.outcome import batch_outcome
from gateway.batches.tally import TALLIES
from warren.contracts.batch_end import Tally
from warren.contracts.state_machine import Transition
from warren.contracts.states import TaskState, WaitingFor
from warren.contracts.status import TaskWaiting
from warren.contracts.submission import MAX_PAYLOAD_BYTES

_AWAIT: LiteralString = """
INSERT INTO awaited_batches (batch_id, task_id, left_at)
VALUES (%s, %s, CASE WHEN %s THEN now() END)
ON CONFLICT (batch_id) DO UPDATE SET left_at = excluded.left_at
    WHERE awaited_batches.left_at IS DISTINCT FROM excluded.left_at
"""
# Waits for a transaction that is ending the batch, or lets it wait for us.
_ENDED: LiteralString = """
SELECT b.ended_at IS NOT NULL, t.generation FROM batches b JOIN tasks t ON t.id = b.task_id
WHERE b.task_id = %s FOR SHARE OF b
"""
#: Seconds until a task looks again that was faster than the command which makes its batch.
_SOON = 2.0
_LOOK_SOON: LiteralString = """
UPDATE outbox SET available_at = now() + make_interval(secs => %s) WHERE task_id = %s
"""
_WAITING: LiteralString = """
SELECT w.task_id, octet_length((t.payload - 'batch')::text) FROM awaited_batches w
JOIN tasks t ON t.id = w.task_id
WHERE w.batch_id = %s AND t.state = 'pending' AND t.waiting_for = 'members'
FOR NO KEY UPDATE OF t
"""
_WAKE: LiteralString = """
WITH due AS (UPDATE outbox SET available_at = now() WHERE task_id = %(id)s)
UPDATE tasks SET waiting_for = NULL, updated_at = now(),
    payload = payload || jsonb_build_object('batch', %(outcome)s::jsonb)
WHERE id = %(id)s
"""
_SHOW: LiteralString = """
UPDATE tasks t SET progress = greatest(t.progress, %(progress)s), message = %(message)s,
    updated_at = now()
FROM awaited_batches w WHERE w.batch_id = %(id)s AND t.id = w.task_id AND t.state = 'pending'
    AND t.waiting_for = 'members'
"""
# Ended by cancel_left (batches/leaving.py): members are locked before who waits for them.
_LEAVE: LiteralString = """
UPDATE awaited_batches SET left_at = now() WHERE task_id = ANY (%s::uuid[])
"""
_FORGET: LiteralString = "DELETE FROM awaited_batches WHERE task_id = ANY (%s::uuid[])"
#: Bytes that the payload has beside the outcome when it travels.
_FRAME = 1024
#: How a task ends that leaves the batch behind which it has asked for.
LEAVING = frozenset({TaskState.FAILED, TaskState.EXPIRED})


def note_awaited(
    connection: Connection[Any], batch_id: UUID, task_id: UUID, *, is_left: bool = False
) -> None:
    """A task asks for a batch that it will wait for: from now on it is cancelled with the task.

    `is_left`: the task has failed, or expired, by now.
    """
    connection.execute(_AWAIT, [batch_id, task_id, is_left])


def follow_joins(connection: Connection[Any], transitions: Sequence[Transition]) -> None:
    """A projection: who begins to wait for a batch, and who needs none any more."""
    for transition in transitions:
        awaited = _awaited(transition)
        if awaited is not None:
            _begin_to_wait(connection, transition.after.id, awaited)
    ended = [t.after for t in transitions if t.ended]
    for statement, ids in (
        (_LEAVE, [task.id for task in ended if task.state in LEAVING]),
        (_FORGET, [task.id for task in ended if task.state not in LEAVING]),
    ):
        if ids:
            connection.execute(statement, [ids])


def show_progress(connection: Connection[Any], tally: Tally) -> None:
    """Tell whoever waits for the batch how far it is."""
    values = {"id": tally.batch_id, "progress": tally.progress, "message": tally.message}
    connection.execute(_SHOW, values)


def wake(connection: Connection[Any], generation: int, tally: Tally) -> None:
    """Run whoever waits for the batch, which has ended within the caller's transaction."""
    waiting = connection.execute(_WAITING, [tally.batch_id]).fetchall()
    for task_id, size in waiting:
        room = MAX_PAYLOAD_BYTES - size - _FRAME
        outcome = batch_outcome(connection, generation, tally, room)
        said = Jsonb(outcome.model_dump(mode="json", exclude_none=True))
        connection.execute(_WAKE, {"id": task_id, "outcome": said})
    if waiting:
        connection.execute("SELECT pg_notify('warren_outbox', '')")


def _awaited(transition: Transition) -> UUID | None:
    task = transition.after
    if task.state is not TaskState.PENDING or task.waiting_for is not WaitingFor.MEMBERS:
        return None
    waits = [s for s in transition.history if isinstance(s, TaskWaiting)]
    return waits[-1].data.batch_id if waits else None


def _begin_to_wait(connection: Connection[Any], task_id: UUID, batch_id: UUID) -> None:
    note_awaited(connection, batch_id, task_id)
    rows = connection.execute(_ENDED, [batch_id]).fetchall()
    if not rows:
        connection.execute(_LOOK_SOON, [_SOON, task_id])
    elif rows[0][0]:
        with connection.cursor(row_factory=class_row(Tally)) as cursor:
            tallies = cursor.execute(TALLIES, [[batch_id]]).fetchall()
        for tally in tallies:
            wake(connection, rows[0][1], tally)
