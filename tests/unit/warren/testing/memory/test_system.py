"""What only an in-memory system can do: stand still, let time pass, look inside."""

import asyncio
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
)
from warren.client.clock import MachineClock, current_clock
from warren.client.errors import RefusedByGateway, TaskFailed
from warren.client.gateway_client import default_client
from warren.contracts.job import Job
from warren.errors import ConfigurationError, PermanentError
from warren.testing.memory import InMemoryWarren, MemoryTask
from warren.testing.worker import MemoryStore
from warren.worker import JobContext, Worker, worker


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


def test_a_failed_check_is_no_dead_letter() -> None:
    class Ask(Job):
        kind: ClassVar[str] = "checks.ask"

    @worker(dead_letter=False)
    def ask(job: Ask, context: JobContext) -> None:
        raise PermanentError("nobody is well")

    with InMemoryWarren(ask) as system:
        task = system.submit(Ask())
        system.run_until_idle()

    assert (task.state, task.is_dead_letter, system.dead_letters) == ("failed", False, [])


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
