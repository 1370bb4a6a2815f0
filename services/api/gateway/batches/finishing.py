"""The end of a batch, and the job that follows: in the transaction of its last member's end."""

from copy import copy
from datetime import datetime
from typing import Any
from uuid import UUID

from prometheus_client import CollectorRegistry
from psycopg import Connection

from gateway.batches.outcome import batch_outcome
from gateway.batches.tally import Tally
from gateway.intake.definitions import Definitions
from gateway.intake.judging import Terms, judge
from gateway.intake.parents import lock_parents
from gateway.intake.writing import write_judged
from gateway.recording.writing import write_transitions
from gateway.tasks.routing import Router
from gateway.tasks.state_machine import HistoryNote, TaskRow, Transition
from warren.contracts.intake import NewChild, SpawnTasks
from warren.contracts.states import TaskState
from warren.contracts.submission import MAX_PAYLOAD_BYTES


def finish_batch(
    connection: Connection[Any], row: TaskRow, tally: Tally, now: datetime
) -> TaskState:
    """End the batch that `row`, locked, is; returns how. Its callback follows unless cancelled."""
    after = copy(row)
    after.state = _state(row, tally)
    after.waiting_for = None
    after.finished_at = now
    after.message = tally.message
    after.progress = tally.progress
    after.processing_seconds = (now - row.started_at).total_seconds() if row.started_at else 0.0
    if after.state is TaskState.SUCCEEDED:
        after.result = tally.counts
    if after.state is TaskState.FAILED:
        after.error = _error(tally)
    type_ = f"task.{after.state.value}"
    note = HistoryNote(row.id, row.generation, row.dispatch, type_, row.attempt, now, tally.counts)
    write_transitions(connection, [Transition(row, after, notes=[note])])
    if tally.callback is not None and after.state is not TaskState.CANCELLED:
        _issue_callback(connection, after, tally, now)
    return after.state


def callback_key(generation: int) -> str:
    """The key by which a batch asks for its callback: one for each of its generations."""
    return f"callback:{generation}"


def _state(row: TaskRow, tally: Tally) -> TaskState:
    if row.state is TaskState.CANCELLING:
        return TaskState.CANCELLED
    return TaskState.SUCCEEDED if tally.succeeded == tally.total else TaskState.FAILED


def _error(tally: Tally) -> dict[str, Any]:
    missing = tally.total - tally.succeeded
    message = (
        f"{missing} of {tally.total} members did not succeed ({tally.failed} failed, "
        f"{tally.cancelled} cancelled, {tally.expired} expired): a retry starts those again"
    )
    return {"type": "MembersUnsuccessful", "message": message, "source": "members"}


def _issue_callback(
    connection: Connection[Any], batch: TaskRow, tally: Tally, now: datetime
) -> None:
    said = NewChild.model_validate(tally.callback)
    outcome = batch_outcome(connection, batch.id, batch.generation, tally, _room(said))
    payload = {**said.payload, "batch": outcome.model_dump(mode="json", exclude_none=True)}
    child = said.model_copy(update={"key": callback_key(batch.generation), "payload": payload})
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


def _room(said: NewChild) -> int:
    """Bytes that the payload of the callback leaves for what is told of the members."""
    return MAX_PAYLOAD_BYTES - len(said.model_dump_json(include={"payload"})) - 1024


def _traceparent(connection: Connection[Any], batch_id: UUID) -> str | None:
    rows = connection.execute("SELECT traceparent FROM tasks WHERE id = %s", [batch_id]).fetchall()
    return rows[0][0] if rows else None
