"""What the clock of a system in memory decides."""

from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest

from tests.behaviour.service.actors import (
    GreetWorker,
    StumbleWorker,
    TakeLongWorker,
    TickWorker,
)
from warren.client.clock import current_clock
from warren.client.errors import TaskFailed, WaitTimeout
from warren.contracts.job import Job
from warren.contracts.states import WaitingFor
from warren.errors import Unavailable
from warren.testing.memory import InMemoryWarren, NeverIdle
from warren.worker import JobContext, Worker, worker

NOON = datetime(2030, 1, 31, 12, tzinfo=UTC)


def test_nothing_runs_before_somebody_says_so(warren: InMemoryWarren) -> None:
    task = warren.task(GreetWorker.perform_async(name="Ada"))

    assert (task.state, task.waiting_for, task.next_run_in) == ("pending", WaitingFor.QUEUE, 0)
    assert warren.run_until_idle() == 1
    assert (task.state, task.result) == ("succeeded", {"text": "Hello, Ada!"})
    assert warren.run_until_idle() == 0


def test_a_retry_waits_until_its_delay_is_over(warren: InMemoryWarren) -> None:
    task = warren.task(StumbleWorker.perform_async(times=1))

    warren.run_until_idle()
    assert (task.state, task.next_run_in) == ("retrying", 1)
    warren.advance(0.9)
    assert task.state == "retrying"
    warren.advance(0.1)

    assert (task.state, task.result, warren.clock.now()) == (
        "succeeded",
        2,
        NOON + timedelta(seconds=1),
    )


def test_each_job_runs_when_it_is_due(warren: InMemoryWarren) -> None:
    tasks = [GreetWorker.perform_in(delay, name="Ada") for delay in (30, 10, 20)]

    assert warren.advance(minutes=1) >= 3

    starts = [warren.task(task).history[0].at for task in tasks]
    assert starts == [NOON + timedelta(seconds=delay) for delay in (30, 10, 20)]
    assert warren.clock.now() == NOON + timedelta(minutes=1)


def test_finishing_takes_as_long_as_the_last_task_takes(warren: InMemoryWarren) -> None:
    GreetWorker.perform_in(3600, name="Ada")

    warren.finish()

    assert warren.clock.now() == NOON + timedelta(hours=1)
    assert warren.tasks(state="pending") == []


def test_waiting_lets_time_pass_and_gives_up_in_time(warren: InMemoryWarren) -> None:
    # Given a task that is due in a minute
    task = GreetWorker.perform_in(60, name="Ada")
    # When somebody waits for it, but not that long
    with pytest.raises(WaitTimeout, match="still scheduled after 30 s"):
        task.wait(30)
    # Then half a minute has passed, and the rest is enough for who waits on
    assert warren.clock.now() == NOON + timedelta(seconds=30)
    assert task.wait(120).text == "Hello, Ada!"
    assert warren.clock.now() == NOON + timedelta(seconds=60)


def test_times_that_pass_while_nothing_works_become_one_task(warren: InMemoryWarren) -> None:
    # Given a system that is down for an hour
    warren.clock.advance(hours=1)
    # When it works again
    warren.run_until_idle()
    # Then a schedule that is done every minute has one task, for the latest due time
    (task,) = warren.tasks(TickWorker)
    assert task.payload == {"count": 3}
    assert warren.schedule(TickWorker).last_due_at == NOON + timedelta(hours=1)
    # And goes on from there
    warren.advance(minutes=2)
    assert len(warren.tasks(TickWorker)) == 3


def test_a_schedule_can_be_disabled_and_run_by_hand(warren: InMemoryWarren) -> None:
    schedule = warren.schedule("behaviour.tick")
    assert schedule.next_due_at == NOON + timedelta(minutes=1)

    schedule.enabled = False
    warren.advance(hours=1)
    assert warren.tasks(TickWorker) == []

    by_hand = warren.run_schedule_now(TickWorker)
    schedule.enabled = True
    warren.advance(minutes=1)
    assert by_hand.state == "succeeded"
    assert len(warren.tasks(TickWorker)) == 2


def test_a_schedule_follows_the_clocks_of_its_time_zone() -> None:
    # Given a job that is done at half past two in Berlin, in the night that has none
    class Early(Job):
        kind: ClassVar[str] = "night.early"

    class EarlyWorker(Worker[Early, None]):
        cron_schedule = "30 2 * * *"
        cron_timezone = "Europe/Berlin"

        def perform(self, job: Early, context: JobContext) -> None:
            context.log.info("up early")

    before = datetime(2026, 3, 29, 0, tzinfo=UTC)
    with InMemoryWarren(EarlyWorker, start=before) as warren:
        # When the night is over
        warren.advance(hours=12)
        # Then it was done once, when the clocks had skipped that time
        (task,) = warren.tasks(EarlyWorker)
        assert task.history[0].at == datetime(2026, 3, 29, 1, tzinfo=UTC)


def test_the_clock_does_not_go_back(warren: InMemoryWarren) -> None:
    with pytest.raises(ValueError, match="does not go back"):
        warren.clock.move_to(NOON - timedelta(seconds=1))


def test_a_job_without_an_end_is_told_of() -> None:
    class Again(Job):
        kind: ClassVar[str] = "loop.again"

    class AgainWorker(Worker[Again, None]):
        def perform(self, job: Again, context: JobContext) -> None:
            AgainWorker.perform_async()

    with InMemoryWarren(AgainWorker) as warren, pytest.MonkeyPatch.context() as patch:
        patch.setattr("warren.testing.memory.relaying.MOST_RUNS", 100)
        AgainWorker.perform_async()
        with pytest.raises(NeverIdle, match=r"loop\.again: does a job ask for itself"):
            warren.run_until_idle()


# --- limits ------------------------------------------------------------------------------------


def test_the_clock_decides_on_limits_of_time(warren: InMemoryWarren) -> None:
    task = warren.task(TakeLongWorker.perform_async())

    warren.run_until_idle()

    assert (task.error or {})["message"] == "still running after 0.5 seconds"
    assert timedelta(seconds=0.5) <= warren.clock.now() - NOON < timedelta(seconds=1)


def test_a_job_that_never_looks_up_is_ended_at_its_hard_limit() -> None:
    class Deaf(Job):
        kind: ClassVar[str] = "limits.deaf"

    class DeafWorker(Worker[Deaf, str]):
        max_retries = 0
        time_limit = 10

        def perform(self, job: Deaf, context: JobContext) -> str:
            current_clock().pause(11)
            return "too late"

    with InMemoryWarren(DeafWorker) as warren:
        with pytest.raises(TaskFailed, match="still running after 10 seconds"):
            DeafWorker.perform_async().wait()
        (task,) = warren.dead_letters
        assert task.kind == "limits.deaf"


def test_waiting_for_a_provider_ends_after_a_day() -> None:
    class Call(Job):
        kind: ClassVar[str] = "limits.call"

    class CallWorker(Worker[Call, None]):
        def perform(self, job: Call, context: JobContext) -> None:
            raise Unavailable("nobody answers")

    with InMemoryWarren(CallWorker) as warren:
        task = warren.submit(Call())
        warren.advance(hours=23.99)
        assert (task.state, task.waiting_for) == ("pending", WaitingFor.PROVIDER_DOWN)
        warren.advance(hours=0.02)
        assert (task.state, task.attempt) == ("failed", 1)


def test_a_rate_lets_jobs_start_one_after_the_other() -> None:
    class Ring(Job):
        kind: ClassVar[str] = "limits.ring"

        bell: str

    @worker(rate_limit="2/min", burst=1, limit_key="{payload.bell}")
    def ring(job: Ring, context: JobContext) -> str:
        return job.bell

    with InMemoryWarren(ring, start=NOON) as warren:
        tasks = [warren.task(ring.perform_async(bell=bell)) for bell in ("a", "a", "a", "b")]

        assert warren.run_until_idle() == 2
        assert [task.state for task in tasks] == ["succeeded", "pending", "pending", "succeeded"]
        assert (tasks[1].waiting_for, tasks[1].next_run_in) == (WaitingFor.RATE, 30)

        warren.advance(minutes=1)
        starts = [(task.history[0].at - NOON).total_seconds() for task in tasks]
        assert starts == [0, 30, 60, 0]


# --- what goes in ------------------------------------------------------------------------------
