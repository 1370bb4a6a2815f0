"""The checks notice a dispatch that runs too often, and what begins too late."""

from pathlib import Path

import pytest

from tests.chaos.made_up_run import MadeUpRun
from warren.contracts.ids import new_id

pytestmark = [pytest.mark.postgres]


@pytest.fixture
def run(tmp_path: Path, database_url: str) -> MadeUpRun:
    """An empty run."""
    return MadeUpRun(tmp_path, database_url)


def test_a_fourth_run_of_a_dispatch_is_noticed(run: MadeUpRun) -> None:
    task = run.task("chaos.quick")
    run.fault("cut", "chaos-worker>rabbitmq", 0.0, 9.0)

    for moment in (1.0, 2.0, 3.0):
        run.execution(task, at=moment)

    assert run.names(task) == {"too many runs"}


def test_a_run_that_goes_on_alone_counts_once(run: MadeUpRun) -> None:
    task = run.task("chaos.quick")
    run.fault("cut", "chaos-worker>rabbitmq", 0.0, 9.0)

    second, third = str(new_id()), str(new_id())
    for moment, name in ((1.0, second), (2.0, second), (3.0, third)):
        run.execution(task, at=moment, run=name)

    assert run.names(task) == set()


def test_a_run_whose_process_was_killed_before_it_was_acked_does_not_count(run: MadeUpRun) -> None:
    task = run.task("chaos.quick")
    run.fault("cut", "chaos-worker>rabbitmq", 0.0, 9.0)
    for moment in (1.0, 2.0, 3.0):
        run.execution(task, at=moment)

    run.fault("kill", "chaos-worker", 3.2, 3.5)

    assert run.names(task) == set()


def test_a_run_whose_process_a_neighbour_killed_does_not_count(run: MadeUpRun) -> None:
    task = run.task("chaos.quick")
    run.fault("cut", "chaos-worker>rabbitmq", 0.0, 9.0)
    for moment in (2.0, 3.0, 4.0, 5.0):
        run.execution(task, at=moment)
    poison = run.task("chaos.poison", state="failed", error={"source": "crashed"})
    assert run.names(task) == {"too many runs"}

    run.execution(poison, at=5.05, end=None)

    assert run.names(task) == set()


def test_what_kills_its_process_may_do_so_twice_before_it_counts(run: MadeUpRun) -> None:
    poison = run.task("chaos.poison", state="failed", error={"source": "crashed"})
    run.fault("cut", "chaos-worker>rabbitmq", 0.0, 9.0)
    for moment in (1.0, 2.0, 3.0, 4.0):
        run.execution(poison, at=moment, end=None)
    assert run.names(poison) == set()

    run.execution(poison, at=5.0, end=None)

    assert run.names(poison) == {"too many runs"}


def test_a_task_that_began_very_late_is_noticed(run: MadeUpRun) -> None:
    task = run.task("chaos.quick")

    run.sql("UPDATE tasks SET created_at = now() - interval '10 minutes' WHERE id = %s", task)

    assert run.names(task) == {"slow start"}


def test_a_task_whose_message_was_purged_waits_for_the_sweeper(run: MadeUpRun) -> None:
    task = run.task("chaos.quick")
    run.fault("purge", "rabbitmq", -200.0, -199.9)

    run.sql("UPDATE tasks SET created_at = now() - interval '10 minutes' WHERE id = %s", task)

    assert run.names(task) == set()
