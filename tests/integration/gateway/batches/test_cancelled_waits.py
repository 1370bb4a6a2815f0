"""Batches that a task joins, and the task is cancelled: whatever is known of its wait by then."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any
from uuid import UUID

from gateway.tasks.cancellation import CancelAnswer, cancel_tasks
from tests.integration.gateway.batches.conftest import Batches, OneRecorder, wait_of
from warren.contracts.intake import batch_id, child_id
from warren.contracts.status import Status

Ends = Callable[..., Status]


def cancel(batches: Batches, task: UUID) -> CancelAnswer:
    with batches.connect() as connection:
        (answer,) = cancel_tasks(connection, [task], "key:test")
    return answer


def at_once(together: Barrier, work: Callable[[], object]) -> None:
    together.wait(timeout=10)
    work()


def living(batches: Batches) -> int:
    ((count,),) = batches.ask(
        "SELECT count(*) FROM tasks WHERE state NOT IN"
        " ('succeeded', 'failed', 'cancelled', 'expired')"
    )
    return int(count)


def test_a_task_that_is_cancelled_before_its_wait_is_recorded_takes_its_batch_along(
    batches: Batches, recorder: OneRecorder
) -> None:
    # Given a run that has asked for its batch, and is cancelled before it tells that it waits
    recorder.take(batches.commands(2, awaited=True))
    assert cancel(batches, batches.parent).state == "cancelling"
    # When it does
    recorder.fold(wait_of(batches))
    # Then nothing goes on
    assert batches.state(batches.parent) == "cancelled"
    assert batches.state(batches.batch()) == "cancelled"
    assert batches.state(batches.member(1)) == "cancelled"
    assert batches.ask("SELECT count(*) FROM awaited_batches") == [(0,)]


def test_a_run_that_is_cancelled_while_it_asks_leaves_no_half_of_its_batch(
    batches: Batches, recorder: OneRecorder, ends: Ends
) -> None:
    first, second = batches.commands(4, chunk=2, awaited=True)
    recorder.take([first])
    cancel(batches, batches.parent)

    recorder.take([second])
    recorder.fold(ends(batches.parent, "cancelled"))

    assert batches.state(batches.batch()) == "cancelled"
    assert living(batches) == 0


def test_a_batch_that_its_task_does_not_wait_for_goes_on(
    batches: Batches, recorder: OneRecorder
) -> None:
    recorder.take(batches.commands(2))

    cancel(batches, batches.parent)

    assert batches.state(batches.batch()) == "processing"


def test_with_a_batch_goes_what_its_members_wait_for(
    batches: Batches, recorder: OneRecorder
) -> None:
    recorder.take(batches.commands(2))
    waiting = batches.member(0)
    recorder.take(batches.commands(2, key="lines", awaited=True, parent=waiting))

    answer = cancel(batches, batches.batch())

    assert answer.state == "cancelled"
    assert batches.state(batch_id(waiting, "lines")) == "cancelled"
    assert batches.state(child_id(waiting, "lines/1")) == "cancelled"
    assert living(batches) == 1  # the task that asked for all of it


def test_a_command_that_comes_after_its_task_has_ended_is_not_awaited(
    batches: Batches, recorder: OneRecorder, ends: Ends
) -> None:
    recorder.fold(ends(batches.parent, "failed"))

    recorder.take(batches.commands(2, awaited=True))

    assert batches.state(batches.batch()) == "processing"
    assert batches.ask("SELECT count(*) FROM awaited_batches") == [(0,)]


def test_whatever_comes_first_no_batch_outlives_its_cancelled_task(
    database_url: str, recorders: Callable[[str], Any], ends: Ends
) -> None:
    with recorders(database_url) as recorder:
        for _ in range(15):
            batches = Batches(database_url)
            together = Barrier(2)
            commands = batches.commands(3, awaited=True)

            with ThreadPoolExecutor(2) as threads:
                begun = [
                    threads.submit(at_once, together, partial(recorder.take, commands)),
                    threads.submit(at_once, together, partial(cancel, batches, batches.parent)),
                ]
                for each in begun:
                    each.result(timeout=30)
            recorder.fold(ends(batches.parent, "cancelled"))

            assert batches.state(batches.parent) == "cancelled"
            assert living(batches) == 0
