"""Tasks that failed, not by their caller's fault, leave a dead letter."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import TupleRow

from gateway.dead_letters.writing import NewLetter, insert_letters
from warren.contracts.endings import leaves_letter
from warren.contracts.message import Dispatch, JobMessage, JobOptions
from warren.contracts.state_machine import TaskRow, Transition

# Those whose kind wants no letters are left out.
_READ_MESSAGES = """
SELECT id, payload, lane, traceparent FROM tasks t
WHERE id = ANY (%(ids)s::uuid[]) AND id BETWEEN %(low)s AND %(high)s
    AND NOT EXISTS (SELECT 1 FROM job_kinds k WHERE k.kind = t.kind AND k.version = t.version
        AND k.definition ->> 'dead_letter' = 'false')
ORDER BY id
"""


def write_letters_of_ends(connection: Connection[Any], transitions: Sequence[Transition]) -> None:
    """A projection: insert a letter for each failure, with the message that its run was given."""
    failures = {t.after.id: t for t in transitions if t.ended and leaves_letter(t.after)}
    if not failures:
        return
    ids = sorted(failures)
    rows = connection.execute(
        _READ_MESSAGES, {"ids": ids, "low": ids[0], "high": ids[-1]}
    ).fetchall()
    insert_letters(connection, [_letter(failures[row[0]], row) for row in rows])


def _letter(transition: Transition, columns: TupleRow) -> NewLetter:
    task, error = transition.after, transition.after.error or {}
    _, payload, lane, traceparent = columns
    dispatch = Dispatch(task.id, task.generation, _last_dispatch(transition.before, task))
    message = JobMessage(
        dispatch=dispatch,
        kind=task.kind,
        queue=task.queue,
        payload=payload,
        options=JobOptions(
            version=task.version,
            attempt=task.attempt,
            lane=lane,
            customer_id=task.customer_id,
            traceparent=traceparent,
        ),
    )
    return NewLetter(
        source=error["source"],
        queue=task.queue,
        error=error,
        message=message.encode(task.finished_at or datetime.now(UTC)),
        dispatch=dispatch,
        customer_id=task.customer_id,
        kind=task.kind,
        version=task.version,
        attempts=task.attempt,
    )


def _last_dispatch(before: TaskRow, after: TaskRow) -> int:
    """Of a run that nobody heard of again, only the custody tells which dispatch it was."""
    held = before.in_flight
    if held is None or held.generation != after.generation:
        return after.dispatch
    return max(after.dispatch, held.dispatch)
