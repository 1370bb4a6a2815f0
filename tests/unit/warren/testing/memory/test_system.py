"""What only an in-memory system can do: stand still, let time pass, look inside."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest

from tests.behaviour.service.actors import (
    Conclude,
    EndlessWorker,
    Greeted,
    GreetWorker,
    Hear,
    HearWorker,
    Read,
    ReadWorker,
    StumbleWorker,
    TakeLongWorker,
    TickWorker,
)
from warren.client.clock import MachineClock, current_clock
from warren.client.errors import RefusedByGateway, TaskFailed, WaitTimeout
from warren.client.gateway_client import default_client
from warren.contracts.job import Job
from warren.contracts.states import WaitingFor
from warren.errors import ConfigurationError, Unavailable
from warren.testing.memory import InMemoryWarren, MemoryTask, NeverIdle
from warren.testing.worker import MemoryStore
from warren.worker import JobContext, Worker, worker

NOON = datetime(2030, 1, 31, 12, tzinfo=UTC)


@pytest.fixture
def warren() -> Iterator[InMemoryWarren]:
    with InMemoryWarren("tests.behaviour.service", start=NOON) as warren:
        yield warren


# --- time --------------------------------------------------------------------------------------


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


def test_an_uploaded_file_reaches_the_job_whole(warren: InMemoryWarren) -> None:
    file = warren.upload("in.txt", b"uploaded")

    by_reference = ReadWorker.perform_async(file=file)
    by_id = warren.submit("behaviour.read", {"file": str(file.id)})
    warren.run_until_idle()

    assert (by_reference.result(), by_id.result) == ("uploaded", "uploaded")
    assert by_id.payload["file"]["sha256"] == file.sha256


def test_a_file_that_nobody_has_uploaded_is_refused(warren: InMemoryWarren) -> None:
    nobodys = InMemoryWarren().upload("in.txt", b"elsewhere")

    with pytest.raises(RefusedByGateway) as refused:
        warren.submit(Read(file=nobodys))

    assert (refused.value.status, refused.value.field) == (404, "payload.file")


def test_an_event_from_outside_reaches_its_subscribers(warren: InMemoryWarren) -> None:
    event = warren.emit(Greeted(name="Ada"), source="elsewhere")
    warren.run_until_idle()

    (heard,) = warren.tasks(Hear)
    assert heard.result == "Ada"
    assert heard.metadata == {"event_id": str(event.id), "event_type": "behaviour.greeted.v1"}
    assert warren.events_of(Greeted) == [event]
    assert warren.tasks(HearWorker) == warren.tasks("behaviour.hear")


def test_thousands_of_members_come_in_several_requests(warren: InMemoryWarren) -> None:
    jobs = ({"name": f"guest {number}"} for number in range(1100))
    batch = warren.task(GreetWorker.perform_bulk(jobs, on_complete=Conclude()))

    assert warren.run_until_idle() == 1101

    assert batch.result["succeeded"] == 1100
    assert [member.payload["name"] for member in batch.members[::1000]] == ["guest 0", "guest 1000"]
    (callback,) = batch.children
    assert callback.kind == "behaviour.conclude"


def test_a_premium_customer_goes_first() -> None:
    order: list[str] = []
    with InMemoryWarren("tests.behaviour.service", plan="premium") as warren:
        warren.watch(lambda task: order.append(task.payload["name"]))
        GreetWorker.with_options(lane="low").perform_async(name="patient")
        GreetWorker.perform_async(name="premium")
        warren.run_until_idle()

    assert list(dict.fromkeys(order)) == ["premium", "patient"]


# --- what comes out ----------------------------------------------------------------------------


def test_a_job_that_runs_twice_has_one_effect(warren: InMemoryWarren) -> None:
    # Given tasks that have succeeded: one has written to the outside, one has saved a file
    once = warren.submit("behaviour.write_once", {})
    write = warren.submit("behaviour.write", {"text": "on paper"})
    warren.finish()
    before = (once.result, once.steps, write.result, write.steps, len(warren.tasks()))
    # When their messages are delivered once more
    for task in (once, write):
        warren.redeliver(task)
    warren.finish()
    # Then nothing has changed
    assert before == (once.result, once.steps, write.result, write.steps, len(warren.tasks()))
    assert write.saved("out.txt") == b"on paper"


def test_what_is_not_made_to_run_twice_shows() -> None:
    class Append(Job):
        kind: ClassVar[str] = "twice.append"

    lines: list[str] = []

    @worker()
    def append(job: Append, context: JobContext) -> None:
        lines.append("a line")

    with InMemoryWarren(append) as system:
        task = system.submit(Append())
        with pytest.raises(LookupError, match="no job of task"):
            system.redeliver(task)
        system.run_until_idle()
        assert system.redeliver(task).steps == ["processing", "succeeded"]

    assert lines == ["a line"] * 2


def test_a_task_tells_how_it_went(warren: InMemoryWarren) -> None:
    task = warren.submit("behaviour.stumble", {"times": 1, "how": "permanent"})
    warren.run_until_idle()

    assert repr(task) == "<behaviour.stumble failed, attempt 1: PermanentError: never>"
    assert [(entry.type, entry.attempt) for entry in task.history] == [
        ("task.processing", 1),
        ("task.failed", 1),
    ]
    assert warren.dead_letters[0].id == task.id


def test_a_watcher_may_cancel_in_the_middle(warren: InMemoryWarren) -> None:
    def cancel_when_running(task: MemoryTask) -> None:
        if task.state == "processing":
            task.cancel()

    task = warren.task(EndlessWorker.perform_async())
    warren.watch(cancel_when_running)
    warren.run_until_idle()

    assert task.state == "cancelled"


def test_a_watcher_sees_all_that_has_followed(warren: InMemoryWarren) -> None:
    seen: list[tuple[str, str, int]] = []
    warren.watch(lambda task: seen.append((task.kind, task.state.value, len(task.children))))

    members = [{"name": "Ada"}]
    GreetWorker.perform_bulk(members, on_complete=Conclude())
    warren.run_until_idle()

    greet, batch, conclude = "behaviour.greet", "api.batch", "behaviour.conclude"
    assert seen == [
        *[(greet, "processing", 0)] * 2,
        (batch, "succeeded", 1),
        (greet, "succeeded", 0),
        (conclude, "processing", 0),
        (conclude, "succeeded", 0),
    ]


def test_threads_of_a_job_may_report_and_ask() -> None:
    class Many(Job):
        kind: ClassVar[str] = "threads.many"

    class One(Job):
        kind: ClassVar[str] = "threads.one"

        number: int

    @worker()
    def one(job: One, context: JobContext) -> int:
        return job.number

    @worker()
    async def many(job: Many, context: JobContext) -> None:
        def ask(number: int) -> None:
            context.progress(number)
            context.spawn(One(number=number), key=str(number))

        await asyncio.gather(*(asyncio.to_thread(ask, number) for number in range(100)))

    with InMemoryWarren(many, one) as warren:
        task = warren.submit(Many())
        assert warren.run_until_idle() == 101
        assert sorted(child.result for child in task.children) == list(range(100))


def test_a_store_outlives_the_system() -> None:
    store = MemoryStore()
    with InMemoryWarren("tests.behaviour.service", store=store) as warren:
        task = warren.submit("behaviour.write", {"text": "kept"})
        warren.run_until_idle()

    assert task.saved("out.txt") == b"kept"
    assert [artifact.name for artifact in task.parts] == ["out.txt"]
    assert b"kept" in store.contents.values()


# --- around it ---------------------------------------------------------------------------------


def test_after_the_block_everything_is_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WARREN_URL", raising=False)

    with InMemoryWarren("tests.behaviour.service") as warren:
        assert default_client() is warren.client
        assert current_clock() is warren.clock

    assert isinstance(current_clock(), MachineClock)
    with pytest.raises(ConfigurationError, match="no gateway is named"):
        default_client()


def test_async_jobs_run_also_while_the_test_has_a_loop(warren: InMemoryWarren) -> None:
    async def in_a_loop() -> str:
        task = warren.submit("behaviour.greet_alone", {"name": "Ada"})
        warren.run_until_idle()
        return str(task.result["text"])

    assert asyncio.run(in_a_loop()) == "Hello, Ada!"


def test_a_job_may_not_run_the_system_that_runs_it() -> None:
    systems: list[InMemoryWarren] = []

    @worker(max_retries=0)
    def nested(job: Read, context: JobContext) -> None:
        systems[0].run_until_idle()

    with InMemoryWarren(nested) as system:
        systems.append(system)
        task = nested.perform_async(file=system.upload("in.txt", b""))
        with pytest.raises(TaskFailed, match="a job is running"):
            task.wait()


def test_two_workers_of_one_kind_are_refused() -> None:
    class Other(Worker[Read, str]):
        def perform(self, job: Read, context: JobContext) -> str:
            return ""

    with pytest.raises(ConfigurationError, match="a job has one handler"):
        InMemoryWarren(ReadWorker, Other)
