"""When a batch is over, how it has ended, and what its callback is told."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from warren.contracts.batch_end import (
    Tally,
    batch_end,
    callback_of,
    is_over,
    outcome_that_fits,
    room_for_outcome,
)
from warren.contracts.batches import BATCH_KIND, OutcomeDetail
from warren.contracts.ids import new_id
from warren.contracts.intake import NewChild
from warren.contracts.state_machine import TaskRow
from warren.contracts.states import TaskState, WaitingFor
from warren.contracts.submission import MAX_PAYLOAD_BYTES

NOW = datetime(2030, 1, 31, tzinfo=UTC)


def batch(state: TaskState = TaskState.PROCESSING) -> TaskRow:
    return TaskRow(
        id=new_id(),
        customer_id=new_id(),
        kind=BATCH_KIND,
        version=1,
        queue="api.default",
        state=state,
        generation=1,
        dispatch=1,
        rank=0,
        attempt=1,
        max_attempts=1,
        waiting_for=WaitingFor.MEMBERS,
        started_at=NOW - timedelta(minutes=1),
    )


def tally(total: int = 3, known: int | None = None, **ended: int) -> Tally:
    counts = {"succeeded": 0, "failed": 0, "cancelled": 0, "expired": 0, **ended}
    return Tally(UUID(int=1), total, None, total if known is None else known, **counts)


def members(count: int, result: Any = None) -> list[dict[str, Any]]:
    return [
        {"position": n, "task_id": UUID(int=n), "state": "succeeded", "result": result}
        for n in range(count)
    ]


def test_a_batch_is_over_when_all_that_will_come_have_ended() -> None:
    assert is_over(batch(), tally(succeeded=2, failed=1))
    assert not is_over(batch(), tally(succeeded=2))
    assert not is_over(batch(), tally(known=2, succeeded=2))


def test_a_batch_that_is_being_cancelled_waits_only_for_those_that_have_come() -> None:
    assert is_over(batch(TaskState.CANCELLING), tally(known=2, cancelled=2))
    assert not is_over(batch(TaskState.CANCELLING), tally(known=2, cancelled=1))


@pytest.mark.parametrize(
    ("state", "ended", "expected"),
    [
        (TaskState.PROCESSING, {"succeeded": 3}, TaskState.SUCCEEDED),
        (TaskState.PROCESSING, {"succeeded": 2, "expired": 1}, TaskState.FAILED),
        (TaskState.CANCELLING, {"succeeded": 3}, TaskState.CANCELLED),
    ],
)
def test_a_batch_ends_as_its_members_have(
    state: TaskState, ended: dict[str, int], expected: TaskState
) -> None:
    row = batch(state)

    end = batch_end(row, tally(**ended), NOW)

    assert end.ended
    assert (end.after.state, end.after.progress, end.after.processing_seconds) == (
        expected,
        100,
        60,
    )
    assert [note.type for note in end.notes] == [f"task.{expected.value}"]
    assert row.state is state


def test_a_batch_that_failed_says_how_many_are_missing() -> None:
    end = batch_end(batch(), tally(succeeded=1, failed=1, cancelled=1), NOW)

    assert end.after.error is not None
    assert end.after.error["message"].startswith("2 of 3 members did not succeed (1 failed, 1 can")


def test_as_much_is_told_of_the_members_as_fits() -> None:
    told = [
        (OutcomeDetail.RESULTS, members(100, "x" * 1000)),
        (OutcomeDetail.STATES, members(100)),
        (OutcomeDetail.UNSUCCESSFUL, []),
    ]

    def detail(room: int) -> OutcomeDetail:
        return outcome_that_fits(tally(100, succeeded=100), 1, told, room).detail

    rooms = (200_000, 20_000, 500, 50)
    assert [detail(room) for room in rooms] == list(OutcomeDetail)


def test_the_fullest_outcome_makes_no_payload_too_large() -> None:
    said = NewChild(key="then", kind="demo.bind", version=1, payload={"label": "x" * 60_000})
    told = [(OutcomeDetail.STATES, members(1000))]

    outcome = outcome_that_fits(tally(1000, succeeded=1000), 2, told, room_for_outcome(said))
    callback = callback_of(said, outcome)

    assert (callback.key, callback.payload["batch"]["generation"]) == ("callback:2", 2)
    assert len(callback.model_dump_json(include={"payload"})) <= MAX_PAYLOAD_BYTES
