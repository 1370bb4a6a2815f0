"""Batches that a task joins, and the task is cancelled, or fails: whatever is known of its wait by
then."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any
from uuid import UUID

import psycopg
import pytest

from gateway.batches.leaving import cancel_left
from gateway.tasks.cancellation import CancelAnswer, cancel_tasks
from gateway.tasks.generations import start_generation
from tests.integration.gateway.batches.conftest import Batches, OneRecorder, wait_of
from warren.contracts.intake import batch_id, child_id
from warren.contracts.status import Status
from warren.testing.deadline import eventually

_SOMEBODY_WAITS = """
SELECT EXISTS (SELECT FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock')
"""
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


def cancel_what_is_left(batches: Batches) -> int:
    with psycopg.connect(batches.url, autocommit=True) as connection:
        return cancel_left(connection)


@pytest.mark.parametrize("is_late", [False, True], ids=["asked before", "asked after"])
@pytest.mark.parametrize(("how", "ends_as"), [("failed", "cancelled"), ("succeeded", "processing")])
def test_with_a_task_that_fails_ends_the_batch_that_it_would_have_waited_for(
    batches: Batches, recorder: OneRecorder, ends: Ends, is_late: bool, how: str, ends_as: str
) -> None:
    # Given a task that has ended while its batch lives, or before that is there
    steps: list[Callable[[], None]] = [
        lambda: recorder.take(batches.commands(2, awaited=True)),
        lambda: recorder.fold(ends(batches.parent, how)),
    ]
    for step in reversed(steps) if is_late else steps:
        step()
    # When somebody looks for what is left
    count = cancel_what_is_left(batches)
    # Then it goes on only if the task has succeeded without it
    assert (count, batches.state(batches.batch())) == (int(how == "failed"), ends_as)
    assert batches.state(batches.member(1)) == ends_as.replace("processing", "pending")
    assert batches.ask("SELECT count(*) FROM awaited_batches") == [(0,)]
    assert cancel_what_is_left(batches) == 0


def test_a_task_that_is_retried_and_asks_for_the_same_batch_has_it(
    batches: Batches, recorder: OneRecorder, ends: Ends
) -> None:
    commands = batches.commands(2, awaited=True)
    recorder.take(commands)
    recorder.fold(ends(batches.parent, "failed"))
    with batches.connect() as connection:
        assert start_generation(connection, [batches.parent], "key:test")

    recorder.take(commands)

    assert cancel_what_is_left(batches) == 0
    assert batches.state(batches.batch()) == "processing"


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


def test_a_batch_that_is_asked_for_again_at_that_moment_goes_on(
    batches: Batches, recorder: OneRecorder, ends: Ends
) -> None:
    recorder.take(batches.commands(2, awaited=True))
    recorder.fold(ends(batches.parent, "failed"))
    with ThreadPoolExecutor(1) as threads, batches.connect() as retry:
        # Given a retry that holds its batch and asks for it again
        retry.execute("SELECT FROM tasks WHERE id = %s FOR UPDATE", [batches.batch()])
        retry.execute("UPDATE awaited_batches SET left_at = NULL")
        # When somebody has found the batch left
        cancelling = threads.submit(cancel_what_is_left, batches)
        eventually(lambda: batches.ask(_SOMEBODY_WAITS) == [(True,)])
        retry.commit()
        # Then it is not cancelled
        assert cancelling.result(timeout=10) == 0
    assert batches.state(batches.batch()) == "processing"
