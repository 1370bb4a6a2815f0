"""A task that is being cancelled, and what its run still asks for."""

from collections.abc import Callable
from typing import Any

from gateway.tasks.cancellation import cancel_tasks
from gateway.tasks.generations import start_generation
from tests.integration.gateway.batches.conftest import Batches, OneRecorder
from warren.contracts.status import Status

Ends = Callable[..., Status]


def cancelling_parent(batches: Batches) -> None:
    with batches.connect() as connection:
        (answer,) = cancel_tasks(connection, [batches.parent], "key:test")
    assert answer.state == "cancelling"


def test_a_task_whose_children_were_dropped_is_cancelled_though_its_run_succeeds(
    batches: Batches, recorder: OneRecorder, ends: Ends
) -> None:
    cancelling_parent(batches)

    recorder.take(batches.commands(3))
    recorder.fold(ends(batches.parent))

    assert batches.state(batches.parent) == "cancelled"
    assert batches.ask("SELECT count(*) FROM tasks") == [(1,)]
    assert ends_of(batches) == ["task.cancelled"]


def test_a_task_that_asked_before_it_was_cancelled_has_its_children_and_may_succeed(
    batches: Batches, recorder: OneRecorder, ends: Ends
) -> None:
    recorder.take(batches.commands(3))
    cancelling_parent(batches)

    recorder.fold(ends(batches.parent))

    assert batches.state(batches.parent) == "succeeded"
    assert batches.state(batches.member(2)) == "pending"


def test_once_retried_it_gets_its_children_and_succeeds(
    batches: Batches, recorder: OneRecorder, ends: Ends
) -> None:
    cancelling_parent(batches)
    recorder.take(batches.commands(3))
    recorder.fold(ends(batches.parent))

    with batches.connect() as connection:
        assert start_generation(connection, [batches.parent], "key:test")
    recorder.take(batches.commands(3))
    recorder.fold(ends(batches.parent, generation=2))

    assert batches.state(batches.parent) == "succeeded"
    assert batches.state(batches.member(2)) == "pending"


def ends_of(batches: Batches) -> list[Any]:
    rows = batches.ask(
        "SELECT type FROM task_history WHERE task_id = %s AND type IN"
        " ('task.succeeded', 'task.failed', 'task.cancelled')",
        batches.parent,
    )
    return [row[0] for row in rows]
