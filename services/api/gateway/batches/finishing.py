"""The end of a batch, and the job that follows: in the transaction of its last member's end."""

from datetime import datetime
from typing import Any
from uuid import UUID

from prometheus_client import CollectorRegistry
from psycopg import Connection

from gateway.batches.joining import wake
from gateway.batches.outcome import batch_outcome
from gateway.intake.definitions import Definitions
from gateway.intake.judging import Terms, judge
from gateway.intake.parents import lock_parents
from gateway.intake.writing import write_judged
from gateway.recording.writing import write_transitions
from gateway.tasks.routing import Router
from gateway.webhooks.telling import tell_ends
from warren.contracts.batch_end import Tally, batch_end, callback_of, room_for_outcome
from warren.contracts.intake import NewChild, SpawnTasks
from warren.contracts.state_machine import TaskRow
from warren.contracts.states import TaskState
from warren.contracts.submission import MAX_PAYLOAD_BYTES

_CLOSE = "UPDATE batches SET ended_at = %s WHERE task_id = %s"


def finish_batch(
    connection: Connection[Any], row: TaskRow, tally: Tally, now: datetime
) -> TaskState:
    """End the batch that `row`, locked, is; returns how. Its callback follows unless cancelled."""
    end = batch_end(row, tally, now)
    write_transitions(connection, [end])
    connection.execute(_CLOSE, [now, row.id])
    tell_ends(connection, [end])
    wake(connection, end.after.generation, tally)
    if tally.callback is not None and end.after.state is not TaskState.CANCELLED:
        _issue_callback(connection, end.after, tally, now)
    return end.after.state


def _issue_callback(
    connection: Connection[Any], batch: TaskRow, tally: Tally, now: datetime
) -> None:
    said = NewChild.model_validate(tally.callback)
    outcome = batch_outcome(connection, batch.generation, tally, room_for_outcome(said))
    child = callback_of(said, outcome)
    command = SpawnTasks(
        parent_id=batch.id,
        run_id=batch.id,
        at=now,
        traceparent=_traceparent(connection, batch.id),
        children=[child],
    )
    parent = lock_parents(connection, [batch.id])[batch.id]
    known = Definitions().read(connection, [child.kind])
    terms = Terms(Router(None, CollectorRegistry()), MAX_PAYLOAD_BYTES)
    write_judged(connection, [judge(command, child, parent, known, now, terms)], now)


def _traceparent(connection: Connection[Any], batch_id: UUID) -> str | None:
    rows = connection.execute("SELECT traceparent FROM tasks WHERE id = %s", [batch_id]).fetchall()
    return rows[0][0] if rows else None
