"""The next generation of a task that has ended: retry, replay and resubmission are this."""

from datetime import datetime

from warren.contracts.batches import BATCH_KIND
from warren.contracts.state_machine import HistoryNote, OutboxRow, TaskRow, Transition
from warren.contracts.states import TaskState, WaitingFor

#: A success stands: its effects are there, and asking again is a new task.
RETRYABLE = frozenset({TaskState.FAILED, TaskState.CANCELLED, TaskState.EXPIRED})


def next_generation(row: TaskRow, actor: str, now: datetime) -> Transition:
    """The task begins again, due now; `row` itself is not changed."""
    generation = row.generation + 1
    fresh = TaskRow(
        id=row.id,
        customer_id=row.customer_id,
        kind=row.kind,
        version=row.version,
        queue=row.queue,
        state=TaskState.PENDING,
        generation=generation,
        dispatch=1,
        rank=0,
        attempt=1,
        max_attempts=row.max_attempts,
        outbox=(OutboxRow(generation, 1, 1, 0.0),),
    )
    if row.kind == BATCH_KIND:
        fresh.state, fresh.waiting_for = TaskState.PROCESSING, WaitingFor.MEMBERS
        fresh.outbox = ()
    note = HistoryNote(row.id, generation, 1, "task.retried", 1, now, {"by": actor})
    return Transition(row, fresh, notes=[note])
