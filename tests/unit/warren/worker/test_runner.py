"""From a message to a confirmed outcome."""

import uuid
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest

from warren.contracts.ids import new_id
from warren.contracts.job import Job
from warren.contracts.message import Dispatch, JobMessage, JobOptions
from warren.contracts.status import Progress, Status
from warren.errors import JobCancelled, Unavailable
from warren.testing.worker import MemoryStore
from warren.worker import JobContext, Worker
from warren.worker.cancel_signal import CancelSignal
from warren.worker.execution import Execution
from warren.worker.job_run import Run
from warren.worker.reporting import StatusMaker
from warren.worker.runner import HandedBack, JobRunner, OtherVersion, StartsTooLate
from warren.worker.slot_process import SlotDied
from warren.worker.verdict import Success, failure_of


class Echo(Job):
    kind: ClassVar[str] = "test.echo"

    text: str = ""


class EchoWorker(Worker[Echo, str]):
    def perform(self, job: Echo, context: JobContext) -> str:
        context.progress(100)
        return job.text


class EchoAloneWorker(EchoWorker):
    isolation = "process"


@dataclass
class _Delivery:
    redelivered: bool = False


@dataclass
class _Message:
    job: JobMessage
    delivery: _Delivery = field(default_factory=_Delivery)
    unanswered: int = 0


class _Buffer:
    def __init__(self) -> None:
        self.statuses: list[Status] = []
        self.futures: list[Future[None]] = []

    def add(self, status: Status) -> "Future[None]":
        self.statuses.append(status)
        self.futures.append(Future())
        return self.futures[-1]

    def types(self) -> list[str]:
        return [status.type.removeprefix("task.") for status in self.statuses]


class _Slots:
    def __init__(self) -> None:
        self.runs: list[tuple[Run, float]] = []

    def run(self, run: Run, time_limit: float, report: Any, cancellation: CancelSignal) -> Success:
        self.runs.append((run, time_limit))
        report(Progress(percent=7))
        return Success("from a slot")


class _DyingSlots:
    def run(self, run: Run, time_limit: float, report: Any, cancellation: CancelSignal) -> Success:
        raise SlotDied("signal 11 SIGSEGV")


class _LoneSlots:
    def __init__(self) -> None:
        self.runs: list[Run] = []

    def run(self, run: Run, worker: Any, report: Any, cancellation: CancelSignal) -> Success:
        self.runs.append(run)
        return Success("alone")


@pytest.fixture
def buffer() -> _Buffer:
    return _Buffer()


@pytest.fixture
def runner(buffer: _Buffer) -> JobRunner:
    execution = Execution(EchoWorker, MemoryStore())
    name = ("test.echo", 1)
    return JobRunner({name: EchoWorker}, {name: execution}, None, buffer, StatusMaker("a-1-1"))


def _message(*, redelivered: bool = False, dispatch: int = 1, **options: Any) -> _Message:
    job = JobMessage(
        Dispatch(new_id(), 1, dispatch),
        "test.echo",
        "test.default",
        {"text": "hello"},
        JobOptions(customer_id=uuid.uuid4(), **options),
    )
    return _Message(job, _Delivery(redelivered))


def test_a_message_is_answered_when_its_outcome_is_confirmed(
    runner: JobRunner, buffer: _Buffer
) -> None:
    message = _message()
    answered = runner.settle(message, runner.perform(message), None)

    assert buffer.types() == ["processing", "progress", "succeeded"]
    assert not answered.done()
    buffer.futures[-1].set_result(None)
    assert answered.result(0) is None
    assert runner.custody.run_ids() == []


def test_an_outcome_that_is_not_confirmed_gives_the_message_back(
    runner: JobRunner, buffer: _Buffer
) -> None:
    message = _message()
    answered = runner.settle(message, runner.perform(message), None)
    buffer.futures[-1].set_exception(Unavailable("no broker"))

    assert isinstance(answered.exception(0), Unavailable)
    runner.perform(message)
    assert buffer.types().count("processing") == 2


def test_an_outcome_that_cannot_be_stated_gives_the_message_back_and_lets_go_of_it(
    runner: JobRunner, buffer: _Buffer
) -> None:
    message = _message()
    runner.perform(message)
    error = Unavailable("429")
    error.retry_after = "soon"  # type: ignore[assignment]

    answered = runner.settle(message, None, error)

    assert isinstance(answered.exception(0), TypeError)
    assert runner.custody.run_ids() == []
    runner.settle(message, runner.perform(message), None)
    assert buffer.types()[-1] == "succeeded"


def test_giving_up_lets_go_of_a_run_whose_outcome_cannot_be_stated(runner: JobRunner) -> None:
    runner.perform(_message())
    (held,) = runner.custody.running()
    failure = replace(failure_of(Unavailable("429")), retry_after="soon")  # type: ignore[arg-type]

    assert runner.give_up(held, failure)

    assert isinstance(held.answered.exception(0), TypeError)
    assert runner.custody.run_ids() == []


def test_an_error_before_the_job_was_begun_is_an_outcome_too(
    runner: JobRunner, buffer: _Buffer
) -> None:
    runner.settle(_message(), None, ValueError("a middleware failed"))

    assert buffer.types() == ["retrying"]


def test_a_delivery_of_what_runs_already_is_answered_with_it(
    runner: JobRunner, buffer: _Buffer
) -> None:
    message = _message()
    again = _Message(message.job, _Delivery(redelivered=True))
    result = runner.perform(message)

    assert runner.perform(again) is None
    first = runner.settle(message, result, None)
    second = runner.settle(again, None, None)
    assert buffer.types() == ["processing", "progress", "succeeded"]
    buffer.futures[-1].set_result(None)
    assert (first.done(), second.done()) == (True, True)


def test_a_version_that_is_not_handled_waits_for_another_worker(
    runner: JobRunner, buffer: _Buffer
) -> None:
    message = _message(version=9)
    with pytest.raises(OtherVersion) as caught:
        runner.perform(message)
    runner.settle(message, None, caught.value)

    assert buffer.types() == ["waiting"]


def test_a_job_that_had_to_start_by_now_is_given_back_unless_it_has_run_before(
    runner: JobRunner, buffer: _Buffer
) -> None:
    past = datetime.now(UTC) - timedelta(seconds=1)
    message = _message(expires_at=past)
    with pytest.raises(StartsTooLate) as caught:
        runner.perform(message)
    runner.settle(message, None, caught.value)
    assert buffer.types() == ["waiting"]

    runner.perform(_message(expires_at=past, started_at=past))
    runner.perform(_message(expires_at=past + timedelta(hours=1)))
    assert buffer.types().count("processing") == 2


def test_a_job_that_was_given_up_leaves_no_second_outcome(
    runner: JobRunner, buffer: _Buffer
) -> None:
    message = _message()
    result = runner.perform(message)
    (held,) = runner.custody.running()

    assert runner.give_up(held, failure_of(TimeoutError("hangs")))
    answered = runner.settle(message, result, None)
    assert not runner.give_up(held, failure_of(TimeoutError("hangs")))

    assert buffer.types() == ["processing", "progress", "retrying"]
    assert answered is held.answered


def test_what_fails_while_the_process_stops_is_handed_back_without_an_outcome(
    runner: JobRunner, buffer: _Buffer
) -> None:
    failing, succeeding = _message(), _message()
    runner.perform(failing)
    result = runner.perform(succeeding)
    runner.hand_back()

    handed_back = runner.settle(failing, None, ConnectionError("slot killed"))
    runner.settle(succeeding, result, None)

    assert isinstance(handed_back.exception(0), HandedBack)
    assert buffer.types()[-1] == "succeeded"
    assert "retrying" not in buffer.types()


@pytest.mark.parametrize(
    ("message", "repeated"),
    [
        (_message(), False),
        (_message(redelivered=True), True),
        (_message(dispatch=2), True),
        (_message(attempt=2), True),
        (_message(deliveries=1), True),
    ],
)
def test_jobs_in_processes_go_to_slots_and_know_whether_they_are_repeated(
    buffer: _Buffer, message: _Message, repeated: bool
) -> None:
    slots = _Slots()
    workers: Any = {("test.echo", 1): EchoAloneWorker}
    runner = JobRunner(workers, {}, slots, buffer, StatusMaker("a-1-1"))

    result = runner.perform(message)

    assert result == Success("from a slot")
    ((run, limit),) = slots.runs
    assert (run.repeated, run.payload, limit) == (repeated, {"text": "hello"}, 600)
    assert buffer.types() == ["processing", "progress"]


@pytest.mark.parametrize(("unanswered", "result"), [(0, "hello"), (1, "hello"), (2, "alone")])
def test_what_was_delivered_twice_without_an_answer_runs_alone(
    buffer: _Buffer, unanswered: int, result: str
) -> None:
    name, alone = ("test.echo", 1), _LoneSlots()
    execution = Execution(EchoWorker, MemoryStore())
    runner = JobRunner(
        {name: EchoWorker}, {name: execution}, None, buffer, StatusMaker("a-1-1"), alone
    )

    message = _Message(_message().job, unanswered=unanswered)
    success = runner.perform(message)

    assert success is not None
    assert success.result == result
    (held,) = runner.custody.running()
    assert held.alone is (result == "alone")


def test_a_job_whose_slot_died_runs_once_more_alone(buffer: _Buffer) -> None:
    workers: Any = {("test.echo", 1): EchoAloneWorker}
    alone = _LoneSlots()
    runner = JobRunner(workers, {}, _DyingSlots(), buffer, StatusMaker("a-1-1"), alone)

    assert runner.perform(_message()) == Success("alone")
    assert [run.repeated for run in alone.runs] == [True]
    assert buffer.types() == ["processing"]


def test_a_slot_that_is_killed_while_the_process_stops_is_not_followed_by_another(
    buffer: _Buffer,
) -> None:
    workers: Any = {("test.echo", 1): EchoAloneWorker}
    alone = _LoneSlots()
    runner = JobRunner(workers, {}, _DyingSlots(), buffer, StatusMaker("a-1-1"), alone)
    runner.hand_back()

    with pytest.raises(SlotDied):
        runner.perform(_message())
    assert alone.runs == []


def test_a_message_of_a_cancelled_task_is_not_run(buffer: _Buffer) -> None:
    # Given a task that was cancelled while no worker was there
    message = _message()
    runner = JobRunner(
        {("test.echo", 1): EchoWorker},
        {("test.echo", 1): Execution(EchoWorker, MemoryStore())},
        None,
        buffer,
        StatusMaker("a-1-1"),
        is_cancelled=lambda task, generation: (
            (task, generation) == (message.job.dispatch.task_id, 1)
        ),
    )
    # When its message comes
    with pytest.raises(JobCancelled) as caught:
        runner.perform(message)
    answered = runner.settle(message, None, caught.value)
    # Then it is answered with that, once confirmed
    assert buffer.types() == ["cancelled"]
    assert not answered.done()
    buffer.futures[-1].set_result(None)
    assert answered.result(0) is None


@pytest.mark.parametrize("error", [None, ConnectionError("gone"), Unavailable("down")])
def test_whatever_a_run_ends_with_after_its_cancellation_it_is_cancelled(
    runner: JobRunner, buffer: _Buffer, error: Exception | None
) -> None:
    # Given a run that has ended, but not been answered yet
    message = _message()
    result = runner.perform(message)
    # When its task is cancelled
    runner.cancel(message.job.dispatch.task_id, 1)
    runner.settle(message, None if error else result, error)
    # Then that is its outcome
    assert buffer.types() == ["processing", "progress", "cancelled"]


def test_a_success_that_was_published_before_a_cancellation_stands(
    runner: JobRunner, buffer: _Buffer
) -> None:
    message = _message()
    runner.settle(message, runner.perform(message), None)
    runner.cancel(message.job.dispatch.task_id, 1)
    assert buffer.types() == ["processing", "progress", "succeeded"]


def test_a_cancellation_of_an_earlier_generation_ends_no_run(
    runner: JobRunner, buffer: _Buffer
) -> None:
    message = _message()
    runner.perform(message)
    (held,) = runner.custody.running()
    runner.cancel(message.job.dispatch.task_id, 0)
    runner.cancel(new_id(), 1)
    assert not held.cancellation.made
