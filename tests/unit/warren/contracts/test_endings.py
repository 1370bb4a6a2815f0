"""Ends that nobody reports, and what begins after them."""

from datetime import UTC, datetime

import pytest

from warren.contracts.batches import BATCH_KIND
from warren.contracts.endings import Ending, cancelled, expired, failed
from warren.contracts.generations import next_generation
from warren.contracts.ids import new_id
from warren.contracts.state_machine import OutboxRow, TaskRow
from warren.contracts.states import TaskState, WaitingFor

NOW = datetime(2030, 1, 31, tzinfo=UTC)


def task(kind: str = "demo.job") -> TaskRow:
    return TaskRow(
        id=new_id(),
        customer_id=new_id(),
        kind=kind,
        version=1,
        queue="demo.default",
        state=TaskState.RETRYING,
        generation=1,
        dispatch=2,
        rank=2,
        attempt=2,
        max_attempts=4,
        waiting_for=WaitingFor.BACKOFF,
        outbox=(OutboxRow(1, 3, 3),),
    )


@pytest.mark.parametrize(
    ("ending", "state", "source"),
    [
        (cancelled("key:someone"), TaskState.CANCELLED, None),
        (expired(), TaskState.EXPIRED, None),
        (failed("lost", "Lost", "nobody has it"), TaskState.FAILED, "lost"),
    ],
)
def test_an_end_withdraws_what_was_to_come(
    ending: Ending, state: TaskState, source: str | None
) -> None:
    row = task()

    end = ending.of(row, NOW)

    assert end.ended
    assert (end.after.state, end.after.outbox, end.after.finished_at) == (state, (), NOW)
    assert (end.after.error or {}).get("source") == source
    assert end.after.waiting_for is None
    # In the history it stands at the dispatch that will not happen any more
    assert [(note.type, note.dispatch) for note in end.notes] == [(f"task.{state.value}", 3)]
    assert row.state is TaskState.RETRYING


def test_a_success_is_no_end_that_nobody_reports() -> None:
    with pytest.raises(ValueError, match="cannot be ended as succeeded"):
        Ending(TaskState.SUCCEEDED, "task.succeeded")


def test_the_next_generation_begins_anew() -> None:
    ended = expired().of(task(), NOW).after

    again = next_generation(ended, "key:someone", NOW).after

    assert (again.id, again.generation, again.dispatch, again.attempt) == (ended.id, 2, 1, 1)
    assert (again.state, again.outbox) == (TaskState.PENDING, (OutboxRow(2, 1, 1, 0.0),))
    assert again.finished_at is None


def test_a_batch_begins_anew_by_waiting_for_its_members() -> None:
    ended = expired().of(task(BATCH_KIND), NOW).after

    again = next_generation(ended, "key:someone", NOW).after

    assert (again.state, again.waiting_for) == (TaskState.PROCESSING, WaitingFor.MEMBERS)
    assert again.outbox == ()
