"""A task that waits for a batch of its own (`context.join`)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import orjson
import pytest

from gateway.tasks.cancellation import cancel_tasks
from gateway.tasks.generations import start_generation
from tests.integration.gateway.batches.conftest import Batches, OneRecorder, wait_of
from warren.contracts.batches import BatchOutcome
from warren.contracts.status import Status

Ends = Callable[..., Status]


def due_in(batches: Batches) -> float:
    """Seconds until the parent is published again."""
    ((seconds,),) = batches.ask(
        "SELECT extract(epoch FROM available_at - now())::float8 FROM outbox WHERE task_id = %s",
        batches.parent,
    )
    return float(seconds)


def told(batches: Batches) -> BatchOutcome | None:
    """What the parent's next run is told."""
    (payload,) = batches.row(batches.parent, "payload")
    return BatchOutcome.model_validate(payload["batch"]) if "batch" in payload else None


def end_all(batches: Batches, recorder: OneRecorder, ends: Ends) -> None:
    recorder.fold(ends(batches.member(0)), ends(batches.member(1), "failed"))


def test_the_end_of_the_last_member_makes_a_waiting_parent_due_and_tells_it(
    batches: Batches, recorder: OneRecorder, ends: Ends
) -> None:
    recorder.take(batches.commands(2))
    recorder.fold(wait_of(batches))
    assert batches.row(batches.parent, "state", "waiting_for") == ("pending", "members")
    assert due_in(batches) > 800

    end_all(batches, recorder, ends)

    assert due_in(batches) <= 0
    outcome = told(batches)
    assert outcome is not None
    assert (outcome.batch_id, outcome.succeeded, outcome.failed) == (batches.batch(), 1, 1)
    assert [member.state for member in outcome.members] == ["succeeded", "failed"]


def test_a_parent_whose_members_were_faster_than_its_own_status_is_due_at_once(
    batches: Batches, recorder: OneRecorder, ends: Ends
) -> None:
    recorder.take(batches.commands(2))
    end_all(batches, recorder, ends)

    recorder.fold(wait_of(batches))

    assert due_in(batches) <= 0
    assert told(batches) is not None


def test_a_parent_whose_batch_is_not_made_so_far_looks_again_soon(
    batches: Batches, recorder: OneRecorder
) -> None:
    recorder.fold(wait_of(batches))

    assert 0 < due_in(batches) <= 2


def test_a_waiting_parent_shows_how_many_members_have_ended(
    batches: Batches, recorder: OneRecorder, ends: Ends
) -> None:
    recorder.take(batches.commands(4))
    recorder.fold(wait_of(batches))

    recorder.fold(ends(batches.member(2)))

    shown = batches.row(batches.parent, "progress", "message")
    assert shown == (25, "1 of 4 members have ended")


def test_cancelling_a_waiting_parent_cancels_what_it_waits_for(
    batches: Batches, recorder: OneRecorder
) -> None:
    recorder.take(batches.commands(2))
    recorder.fold(wait_of(batches))

    with batches.connect() as connection:
        (answer,) = cancel_tasks(connection, [batches.parent], "key:test")

    assert answer.state == "cancelled"
    assert batches.state(batches.member(0)) == "cancelled"
    assert batches.state(batches.batch()) == "cancelled"
    assert batches.ask("SELECT count(*) FROM awaited_batches") == [(0,)]


def test_a_parent_learns_that_somebody_has_cancelled_its_batch(
    batches: Batches, recorder: OneRecorder
) -> None:
    recorder.take(batches.commands(2))
    recorder.fold(wait_of(batches))

    with batches.connect() as connection:
        cancel_tasks(connection, [batches.batch()], "key:test")

    outcome = told(batches)
    assert outcome is not None
    assert outcome.cancelled == 2
    assert due_in(batches) <= 0


@pytest.mark.parametrize("size", [300, 30_000])
def test_what_a_parent_is_told_fits_into_its_payload(
    size: int, batches: Batches, recorder: OneRecorder, ends: Ends
) -> None:
    batches.ask(
        "UPDATE tasks SET payload = jsonb_build_object('x', repeat('x', %s)) WHERE id = %s",
        size,
        batches.parent,
    )
    recorder.take(batches.commands(400))
    recorder.fold(wait_of(batches))

    recorder.fold(*(ends(batches.member(number)) for number in range(400)))

    (payload,) = batches.row(batches.parent, "payload")
    assert len(orjson.dumps(payload)) < 65_536
    outcome = told(batches)
    assert outcome is not None
    assert outcome.succeeded == 400


def test_a_batch_that_is_retried_by_itself_does_not_disturb_a_parent_that_has_gone_on(
    batches: Batches, recorder: OneRecorder, ends: Ends
) -> None:
    recorder.take(batches.commands(2))
    recorder.fold(wait_of(batches))
    end_all(batches, recorder, ends)
    recorder.fold(dispatched(ends(batches.parent, "failed")))

    with batches.connect() as connection:
        assert start_generation(connection, [batches.batch()], "key:test")
    recorder.fold(ends(batches.member(1), generation=2))

    assert batches.state(batches.batch()) == "succeeded"
    assert batches.state(batches.parent) == "failed"


def dispatched(status: Status, dispatch: int = 2) -> Any:
    return status.model_copy(update={"dispatch": dispatch})


def test_whatever_comes_first_at_two_recorders_no_parent_misses_the_end(
    database_url: str, recorders: Callable[[str], Any], ends: Ends
) -> None:
    with recorders(database_url) as one, recorders(database_url) as other:
        for _ in range(25):
            batches = Batches(database_url)
            one.take(batches.commands(2))
            one.fold(ends(batches.member(0)))
            together = Barrier(2)

            def fold(recorder: OneRecorder, status: Status, start: Barrier = together) -> None:
                start.wait(timeout=10)
                recorder.fold(status)

            with ThreadPoolExecutor(2) as threads:
                begun = [
                    threads.submit(fold, one, wait_of(batches)),
                    threads.submit(fold, other, ends(batches.member(1))),
                ]
                for each in begun:
                    each.result(timeout=30)

            assert due_in(batches) <= 0
            outcome = told(batches)
            assert outcome is not None
            assert outcome.succeeded == 2
