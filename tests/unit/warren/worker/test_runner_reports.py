"""What a job says and writes while it runs, as the runner passes it on or keeps it back."""

import uuid
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from warren.contracts.ids import new_id
from warren.contracts.job import Job
from warren.contracts.message import Dispatch, JobMessage, JobOptions
from warren.contracts.status import Part, Status
from warren.providers import Hold
from warren.testing.worker import FakeContext
from warren.worker import JobContext, Worker
from warren.worker.cancel_signal import CancelSignal, RunGivenUp
from warren.worker.job_run import Run
from warren.worker.reporting import StatusMaker
from warren.worker.runner import JobRunner
from warren.worker.verdict import Success, failure_of


class Echo(Job):
    kind: ClassVar[str] = "test.echo"


class EchoWorker(Worker[Echo, str]):
    def perform(self, job: Echo, context: JobContext) -> str:
        raise AssertionError("slots run it")


@dataclass
class _Delivery:
    redelivered: bool = False


@dataclass
class _Message:
    job: JobMessage
    delivery: _Delivery
    unanswered: int = 0


class _Buffer:
    def __init__(self) -> None:
        self.statuses: list[Status] = []

    def add(self, status: Status) -> "Future[None]":
        self.statuses.append(status)
        done: Future[None] = Future()
        done.set_result(None)
        return done

    def types(self) -> list[str]:
        return [status.type.removeprefix("task.") for status in self.statuses]


class _Slots:
    """Runs what a test wants to happen within a run."""

    def __init__(self, within: Any) -> None:
        self._within = within

    def run(self, run: Run, time_limit: float, report: Any, cancellation: CancelSignal) -> Success:
        self._within(report, cancellation)
        return Success(None)


def _perform(buffer: _Buffer, within: Any, holds: list[Hold] | None = None) -> JobRunner:
    message = _Message(
        JobMessage(
            Dispatch(new_id(), 1, 1),
            "test.echo",
            "test.default",
            {},
            JobOptions(customer_id=uuid.uuid4()),
        ),
        _Delivery(),
    )
    runners: list[JobRunner] = []
    runner = JobRunner(
        {("test.echo", 1): EchoWorker},
        {},
        _Slots(lambda report, signal: within(runners[0], report, signal)),
        buffer,
        StatusMaker("a-1-1"),
        on_hold=(holds if holds is not None else []).append,
    )
    runners.append(runner)
    runner.settle(message, runner.perform(message), None)
    return runner


def test_parts_travel_as_statuses_and_holds_do_not() -> None:
    buffer, holds = _Buffer(), list[Hold]()
    part = Part(seq=1, artifact=FakeContext().given("a.txt", b"x"))

    def within(_runner: JobRunner, report: Any, _signal: CancelSignal) -> None:
        report(part)
        report(Hold("speech", "asked", 60))

    _perform(buffer, within, holds)

    assert buffer.types() == ["processing", "part", "succeeded"]
    assert buffer.statuses[1].data == part
    assert holds == [Hold("speech", "asked", 60)]


def test_a_cancelled_run_is_not_given_up_while_it_writes() -> None:
    buffer = _Buffer()

    def within(runner: JobRunner, _report: Any, signal: CancelSignal) -> None:
        (held,) = runner.custody.running()
        late = failure_of(TimeoutError("too long"))
        with signal.writing():
            signal.make()
            assert not runner.give_up(held, late)
            assert buffer.types() == ["processing"]
        assert runner.give_up(held, late)

    _perform(buffer, within)

    assert buffer.types() == ["processing", "cancelled"]


def test_what_was_given_up_or_left_behind_writes_nothing_any_more() -> None:
    def given_up(runner: JobRunner, _report: Any, signal: CancelSignal) -> None:
        (held,) = runner.custody.running()
        assert runner.give_up(held, failure_of(TimeoutError("too long")))
        with pytest.raises(RunGivenUp), signal.writing():
            raise AssertionError("it wrote")

    def left_behind(runner: JobRunner, _report: Any, signal: CancelSignal) -> None:
        runner.abandon()
        with pytest.raises(RunGivenUp), signal.writing():
            raise AssertionError("it wrote")

    for within in (given_up, left_behind):
        _perform(_Buffer(), within)
