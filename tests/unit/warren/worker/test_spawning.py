"""What jobs ask for, up to the message."""

import threading
from concurrent.futures import Future
from typing import ClassVar

import pytest

from warren.client.errors import InvalidJob, PayloadTooLarge
from warren.client.new_task import NewTask
from warren.contracts.ids import new_id
from warren.contracts.intake import SpawnTasks, child_id, parse_spawn
from warren.contracts.job import Job
from warren.contracts.submission import TaskOptions
from warren.errors import JobCancelled, Unavailable
from warren.worker.cancel_signal import CancelSignal, RunGivenUp
from warren.worker.job_run import Run
from warren.worker.spawning import Spawner, confirmed_by


class Step(Job):
    """One step."""

    kind: ClassVar[str] = "test.step"

    number: int = 0
    text: str = ""


class Other(Step):
    """Another one."""

    kind: ClassVar[str] = "test.other"


PARENT = Run(new_id(), new_id(), 1, 1, 1, new_id(), "test.parent", 1, {}, False, "trace")


class Asking:
    """A run with what it has sent."""

    def __init__(self) -> None:
        self.sent: list[SpawnTasks] = []
        self.cancellation = CancelSignal()
        self.spawner = Spawner(PARENT, self._send, self.cancellation)

    def _send(self, body: bytes, _cancellation: CancelSignal) -> None:
        self.sent.append(parse_spawn(body))

    def ask(self, *jobs: Job, key: str | None = None) -> list[str]:
        tasks = [NewTask(job, TaskOptions(), key) for job in jobs]
        return [str(task) for task in self.spawner.enqueue(tasks)]


def test_every_run_of_a_task_asks_for_the_same_children() -> None:
    first, second = Asking(), Asking()
    jobs = [Step(number=1), Other(), Step(number=2)]

    assert first.ask(*jobs) == second.ask(*jobs)
    assert first.ask(Step()) == [str(child_id(PARENT.task_id, "call:test.step#3"))]


def test_a_message_says_who_asks() -> None:
    asking = Asking()
    asking.ask(Step(number=1))

    (message,) = asking.sent
    assert (message.parent_id, message.run_id, message.traceparent) == (
        PARENT.task_id,
        PARENT.run_id,
        "trace",
    )
    assert message.children[0].payload == {"number": 1}


def test_a_key_names_one_job() -> None:
    asking = Asking()

    assert asking.ask(Step(number=1), key="a") == asking.ask(Step(number=1), key="a")
    with pytest.raises(InvalidJob, match="one key makes one task"):
        asking.ask(Step(number=2), key="a")


def test_a_key_is_never_a_number() -> None:
    asking = Asking()

    assert asking.ask(Step()) != asking.ask(Step(), key="test.step#1")


def test_many_children_travel_in_messages_of_bounded_size() -> None:
    asking = Asking()

    asking.ask(*(Step(number=n) for n in range(2300)))
    assert [len(message.children) for message in asking.sent] == [1000, 1000, 300]

    asking.sent.clear()
    asking.ask(*(Step(text="x" * 60_000) for _ in range(20)))
    assert [len(message.children) for message in asking.sent] == [8, 8, 4]


def test_too_large_a_payload_is_refused_and_sends_nothing() -> None:
    asking = Asking()

    with pytest.raises(PayloadTooLarge, match=r"context\.artifacts\.save") as refusal:
        asking.ask(Step(), Step(text="x" * 70_000))

    assert refusal.value.field == "text"
    assert asking.sent == []


def test_a_cancelled_run_and_one_that_is_over_ask_for_nothing() -> None:
    asking = Asking()
    asking.cancellation.close()
    with pytest.raises(RunGivenUp):
        asking.ask(Step())

    asking.cancellation.make()
    with pytest.raises(JobCancelled):
        asking.ask(Step())
    assert asking.sent == []


def test_the_confirm_is_waited_for_and_its_failure_is_raised() -> None:
    confirmed: Future[None] = Future()
    timer = threading.Timer(0.1, lambda: confirmed.set_exception(Unavailable("no broker")))
    timer.start()

    with pytest.raises(Unavailable, match="no broker"):
        confirmed_by(lambda _body: confirmed)(b"", CancelSignal())
    timer.join()


def test_a_cancellation_ends_the_wait() -> None:
    cancellation = CancelSignal()
    timer = threading.Timer(0.1, cancellation.make)
    timer.start()

    with pytest.raises(JobCancelled):
        confirmed_by(lambda _body: Future())(b"", cancellation)
    timer.join()
