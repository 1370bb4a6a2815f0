"""When tasks run, for how long, and how they are ended."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.behaviour.service.actors import (
    EndlessWorker,
    GreetWorker,
    TakeLongWorker,
    WaitInVainWorker,
    limited,
    single,
)
from tests.behaviour.system import System
from warren.client.clock import current_clock
from warren.client.errors import TaskCancelled, TaskExpired, TaskFailed
from warren.contracts.ids import id_at, id_time
from warren.contracts.states import TaskState

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class TimingCases:
    """Inherited by each system."""

    def test_a_later_job_waits_for_its_time(self, system: System) -> None:
        # When a job is to be done a moment later
        asked = current_clock().now()
        task = GreetWorker.perform_in(2, name="Ada")
        # Then it is not begun before
        assert task.status().status is TaskState.SCHEDULED
        task.wait()
        started = task.status().started_at
        assert started is not None
        assert started >= asked + timedelta(seconds=1.9)

    def test_a_time_that_has_passed_means_now(self, system: System) -> None:
        yesterday = current_clock().now() - timedelta(days=1)

        assert GreetWorker.perform_at(yesterday, name="Ada").wait().text == "Hello, Ada!"

    def test_a_task_that_nobody_has_started_by_its_time_expires(self, system: System) -> None:
        soon = current_clock().now() + timedelta(seconds=1)
        task = GreetWorker.with_options(expires_at=soon).perform_in(60, name="Ada")

        with pytest.raises(TaskExpired):
            task.wait(40)
        assert system.steps(task) == ["expired"]

    def test_waiting_ends_with_the_age_of_the_task(self, system: System) -> None:
        # Given a job that waits for what never comes
        task = WaitInVainWorker.perform_async()
        # Then it waits, and fails once it has waited long enough
        with pytest.raises(TaskFailed, match="not there"):
            task.wait()
        steps = system.steps(task)
        assert steps[:2] == ["processing", "waiting"]
        assert steps[-2:] == ["processing", "failed"]
        assert task.status().attempt == 1

    def test_a_job_that_takes_too_long_fails(self, system: System) -> None:
        with pytest.raises(TaskFailed) as failed:
            TakeLongWorker.perform_async().wait()

        assert failed.value.error["type"] == "TimeLimitExceeded"

    def test_a_rate_holds_jobs_back(self, system: System) -> None:
        # When more is asked for than may begin at once
        tasks = limited.perform_bulk({"number": number} for number in range(3))
        # Then they begin one after the other
        assert [task.wait() for task in tasks] == [0, 1, 2]
        starts = sorted(moment for task in tasks if (moment := task.status().started_at))
        # Within any second at most one more than the rate says
        assert starts[-1] - starts[0] > timedelta(seconds=0.95)

    def test_only_one_task_of_a_unique_key_lives(self, system: System) -> None:
        # Given a task that waits for its time
        first = single.perform_in(2, name="x")
        # When another of its key, and one of another, are asked for
        second, other = single.perform_async(name="x"), single.perform_async(name="y")
        # Then only the latter is new, until the first has ended
        assert second == first
        assert other != first
        assert first.wait() == str(first.id)
        assert single.perform_async(name="x") != first

    def test_a_due_time_becomes_one_task(self, system: System) -> None:
        # Given a job that is done every minute
        tasks = system.made_by_schedule("behaviour.tick")
        # Then each minute has its task, whose id says which
        assert tasks
        schedule = id_at(_EPOCH, "schedule:behaviour.tick")
        for task in tasks:
            due = id_time(task)
            assert (due.second, due.microsecond) == (0, 0)
            assert task == id_at(due, f"schedule:{schedule}")


class CancellationCases:
    """Inherited by each system."""

    def test_a_task_that_waits_is_cancelled_at_once(self, system: System) -> None:
        task = GreetWorker.perform_in(60, name="Ada")

        assert task.cancel().status is TaskState.CANCELLED
        assert task.cancel().status is TaskState.CANCELLED
        with pytest.raises(TaskCancelled):
            task.wait()
        assert system.steps(task) == ["cancelled"]

    def test_a_job_that_runs_ends_at_its_next_checkpoint(self, system: System) -> None:
        task = EndlessWorker.perform_async()

        system.when_running(task, task.cancel)

        with pytest.raises(TaskCancelled):
            task.wait()
        assert system.steps(task) == ["processing", "cancelling", "cancelled"]

    def test_a_success_is_not_undone(self, system: System) -> None:
        task = GreetWorker.perform_async(name="Ada")
        task.wait()

        assert task.cancel().status is TaskState.SUCCEEDED

    def test_what_was_cancelled_can_be_started_again(self, system: System) -> None:
        task = GreetWorker.perform_in(60, name="Ada")
        task.cancel()

        system.retry(task)

        assert task.wait().text == "Hello, Ada!"
