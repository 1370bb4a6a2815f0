"""What each status does to a task."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from warren.contracts.artifact import ArtifactRef
from warren.contracts.ids import new_id
from warren.contracts.state_machine import InFlight, OutboxRow, TaskRow, fold
from warren.contracts.states import TaskState, WaitingFor
from warren.contracts.status import Status, parse_status

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PUBLISHED = NOW - timedelta(seconds=30)
TASK = new_id()
ERROR = {"type": "EngineBusy", "message": "try later"}

Make = Callable[..., Status]


def pending(**changes: Any) -> TaskRow:
    row = TaskRow(
        id=TASK,
        customer_id=new_id(),
        kind="test.echo",
        version=1,
        queue="test.default",
        state=TaskState.PENDING,
        generation=1,
        dispatch=1,
        rank=0,
        attempt=1,
        max_attempts=4,
        in_flight=InFlight(1, 1, PUBLISHED),
    )
    return replace(row, **changes)


def status(
    type_: str,
    data: dict[str, Any] | None = None,
    *,
    dispatch: int = 1,
    attempt: int = 1,
    generation: int = 1,
    at: datetime = NOW - timedelta(seconds=10),
    run_id: UUID | None = None,
) -> Status:
    return parse_status(
        {
            "id": new_id(),
            "type": type_,
            "task_id": TASK,
            "generation": generation,
            "dispatch": dispatch,
            "attempt": attempt,
            "run_id": run_id or new_id(),
            "incarnation": "tts@host.1",
            "at": at,
            "data": data or {},
        }
    )


def processing(**where: Any) -> Status:
    return status("task.processing", **where)


def progress(percent: int, message: str | None = None, **where: Any) -> Status:
    return status("task.progress", {"percent": percent, "message": message}, **where)


def succeeded(result: Any = "done", **where: Any) -> Status:
    return status("task.succeeded", {"result": result, "processing_seconds": 2.0}, **where)


def retrying(delay: float = 5.0, **where: Any) -> Status:
    return status(
        "task.retrying", {"delay": delay, "error": ERROR, "processing_seconds": 1.0}, **where
    )


def waiting(**where: Any) -> Status:
    return status("task.waiting", {"reason": "provider_down", "delay": 3.0}, **where)


def failed(**where: Any) -> Status:
    data = {"source": "permanent", "error": ERROR, "processing_seconds": 1.0}
    return status("task.failed", data, **where)


def cancelled(**where: Any) -> Status:
    return status("task.cancelled", {"processing_seconds": 0.5}, **where)


def after(row: TaskRow, *statuses: Status) -> TaskRow:
    return fold(row, statuses, NOW).after


def test_processing_starts_a_pending_task_and_tells_when_it_was_queued() -> None:
    start = processing()

    row = after(pending(outbox=(OutboxRow(1, 1, 1),)), start)

    assert row.state is TaskState.PROCESSING
    assert row.position == (1, 1, 1)
    assert row.started_at == row.attempt_started_at == start.at
    assert row.queued_at == PUBLISHED
    assert (row.worker, row.run_id) == ("tts@host.1", start.run_id)
    assert row.in_flight == InFlight(1, 1, PUBLISHED, started=True)
    assert row.outbox == ()


def test_a_start_gives_custody_even_when_the_relay_died_before_it_noted_the_dispatch() -> None:
    row = after(pending(in_flight=None, outbox=(OutboxRow(1, 1, 1),)), processing())

    assert row.in_flight is not None
    assert row.in_flight.started
    assert row.outbox == ()


def test_success_keeps_the_result_and_leaves_no_live_rows() -> None:
    transition = fold(pending(), [processing(), succeeded({"size": 3})], NOW)

    row = transition.after
    assert (row.state, row.result, row.progress) == (TaskState.SUCCEEDED, {"size": 3}, 100)
    assert (row.in_flight, row.outbox, row.waiting_for) == (None, (), None)
    assert row.processing_seconds == 2.0
    assert row.finished_at is not None
    assert transition.ended
    assert transition.success is not None
    assert [s.type for s in transition.history] == ["task.processing", "task.succeeded"]


def test_a_success_without_its_start_still_tells_when_the_run_began() -> None:
    success = succeeded()

    row = after(pending(), success)

    assert row.state is TaskState.SUCCEEDED
    assert row.started_at == success.at - timedelta(seconds=2)
    assert row.queued_at == PUBLISHED


def test_a_late_start_changes_nothing_but_is_kept_in_the_history() -> None:
    done = after(pending(), succeeded())

    transition = fold(done, [processing()], NOW)

    assert not transition.changed
    assert not transition.ended
    assert [s.type for s in transition.history] == ["task.processing"]


def test_retrying_plans_the_next_dispatch_with_the_next_attempt() -> None:
    row = after(pending(), processing(), retrying(delay=7.0))

    assert (row.state, row.waiting_for) == (TaskState.RETRYING, WaitingFor.BACKOFF)
    assert row.outbox == (OutboxRow(1, 2, attempt=2, delay=7.0),)
    assert row.in_flight is None
    assert row.error == ERROR
    assert row.attempt == 1


def test_the_next_attempt_starts_with_its_own_progress_and_the_first_start_is_remembered() -> None:
    first = processing()
    retried = after(pending(), first, progress(60, "halfway"), retrying())
    second = processing(dispatch=2, attempt=2, at=NOW - timedelta(seconds=1))

    row = after(replace(retried, in_flight=InFlight(1, 2, NOW - timedelta(seconds=2))), second)

    assert (row.state, row.attempt, row.progress, row.message) == ("processing", 2, 0, None)
    assert row.started_at == first.at
    assert row.attempt_started_at == second.at
    assert row.queued_at == NOW - timedelta(seconds=2)
    assert row.waiting_for is None


def test_the_last_attempt_cannot_be_retried_whatever_the_worker_says() -> None:
    row = after(pending(max_attempts=2), retrying(dispatch=3, attempt=2))

    assert row.state is TaskState.FAILED
    assert row.error == {**ERROR, "source": "exhausted"}
    assert row.outbox == ()


def test_waiting_spends_no_attempt() -> None:
    row = after(pending(), waiting())

    assert (row.state, row.waiting_for) == (TaskState.PENDING, WaitingFor.PROVIDER_DOWN)
    assert row.outbox == (OutboxRow(1, 2, attempt=1, delay=3.0),)
    assert row.started_at is None


def test_permanent_failure_ends_the_task_with_its_source() -> None:
    row = after(pending(), processing(), failed())

    assert row.state is TaskState.FAILED
    assert row.error == {**ERROR, "source": "permanent"}
    assert (row.in_flight, row.outbox) == (None, ())


def test_a_cancelled_run_ends_the_task() -> None:
    assert after(pending(), processing(), cancelled()).state is TaskState.CANCELLED


@pytest.mark.parametrize("outcome", [retrying, waiting])
def test_a_task_being_cancelled_is_not_tried_again(outcome: Make) -> None:
    transition = fold(pending(state=TaskState.CANCELLING), [processing(), outcome()], NOW)

    assert transition.after.state is TaskState.CANCELLED
    assert transition.after.outbox == ()
    assert [note.type for note in transition.notes] == ["task.cancelled"]


def test_a_task_that_has_lost_children_to_its_cancellation_does_not_succeed_any_more() -> None:
    row = pending(state=TaskState.CANCELLING, children_dropped=True)

    transition = fold(row, [processing(), succeeded()], NOW)

    assert transition.after.state is TaskState.CANCELLED
    assert transition.success is None
    assert [note.type for note in transition.notes] == ["task.cancelled"]
    assert "task.succeeded" not in [status.type for status in transition.history]


@pytest.mark.parametrize("second", [succeeded, retrying, waiting, failed, cancelled])
def test_of_two_outcomes_of_one_dispatch_the_first_stands_once_it_ended_the_task(
    second: Make,
) -> None:
    done = after(pending(), processing(), failed())

    assert not fold(done, [second()], NOW).changed


@pytest.mark.parametrize("first", [retrying, waiting])
def test_success_beats_another_try_that_has_not_started(first: Make) -> None:
    planned = after(pending(), processing(), first())
    published = replace(planned, outbox=(), in_flight=InFlight(1, 2, NOW))

    for row in (after(planned, succeeded()), after(published, succeeded())):
        assert row.state is TaskState.SUCCEEDED
        assert (row.in_flight, row.outbox) == (None, ())


def test_success_of_an_earlier_dispatch_comes_too_late_when_the_next_has_started() -> None:
    started = after(pending(), retrying(), processing(dispatch=2, attempt=2))

    assert not fold(started, [succeeded()], NOW).changed


@pytest.mark.parametrize("outcome", [retrying, waiting])
def test_another_try_of_a_dispatch_that_was_issued_again_is_a_no_op(outcome: Make) -> None:
    swept = pending(in_flight=InFlight(1, 2, NOW))
    planned = pending(outbox=(OutboxRow(1, 2, 1),))

    for row in (swept, planned):
        transition = fold(row, [outcome()], NOW)
        assert not transition.changed
        assert transition.history == []


def test_a_status_of_an_earlier_generation_is_a_no_op() -> None:
    retried_by_hand = pending(generation=2)

    assert not fold(retried_by_hand, [processing(), succeeded()], NOW).changed


def test_progress_counts_only_for_the_running_dispatch_and_never_goes_back() -> None:
    assert after(pending(), progress(10)).progress == 0
    row = after(pending(), processing(), progress(40, "b"), progress(20, "a"))
    assert (row.progress, row.message) == (40, "b")
    assert after(row, progress(90, dispatch=2)).progress == 40
    assert after(row, retrying(), progress(90)).progress == 40


def test_parts_are_history_whatever_the_state() -> None:
    ref = ArtifactRef(id=new_id(), sha256="0" * 64, size=1, media_type="audio/wav", name="p1")
    part = status("task.part", {"seq": 1, "artifact": ref.model_dump()})

    transition = fold(after(pending(), succeeded()), [part], NOW)

    assert not transition.changed
    assert transition.history == [part]


def test_a_worker_whose_clock_is_fast_cannot_report_the_future() -> None:
    row = after(pending(), processing(at=NOW + timedelta(hours=1)))

    assert row.started_at == NOW


def test_a_worker_whose_clock_is_slow_cannot_start_before_the_task_was_published() -> None:
    row = after(pending(), processing(at=NOW - timedelta(hours=1)))

    assert row.started_at == PUBLISHED


def test_folding_leaves_the_given_row_alone() -> None:
    row = pending()
    untouched = replace(row)

    fold(row, [processing(), succeeded()], NOW)

    assert row == untouched


def test_a_message_that_was_handed_back_waits_since_then() -> None:
    transition = fold(pending(), [status("task.handed_back", at=NOW - timedelta(days=1))], NOW)

    assert transition.after == replace(
        transition.before, in_flight=InFlight(1, 1, PUBLISHED, False, NOW)
    )
    assert not transition.history


def test_a_start_keeps_when_its_message_was_published_and_handed_back() -> None:
    row = after(pending(), status("task.handed_back"), processing())

    assert row.in_flight == InFlight(1, 1, PUBLISHED, True, NOW)
    assert row.queued_at == PUBLISHED


@pytest.mark.parametrize("where", [{"dispatch": 2}, {"generation": 2}])
def test_a_hand_back_of_another_dispatch_changes_nothing(where: Any) -> None:
    assert not fold(pending(), [status("task.handed_back", **where)], NOW).changed


def test_a_hand_back_of_what_is_not_in_flight_changes_nothing() -> None:
    assert not fold(pending(in_flight=None), [status("task.handed_back")], NOW).changed
