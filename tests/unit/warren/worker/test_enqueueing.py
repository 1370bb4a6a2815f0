"""perform_async and its kin, up to the way in."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

import pytest
from pydantic import BaseModel

from warren.client.errors import InvalidJob, NotAMoment
from warren.client.new_task import NewTask
from warren.client.surroundings import entering_by
from warren.contracts.ids import new_id
from warren.contracts.job import Job
from warren.contracts.lanes import Lane
from warren.worker import JobContext, Worker

NOW_AND_THEN = datetime.now(UTC) + timedelta(hours=1)


class Send(Job):
    """Send something."""

    kind: ClassVar[str] = "test.send"

    text: str
    times: int = 1


class Ping(Job):
    """A job without fields."""

    kind: ClassVar[str] = "test.ping"


class Remind(Job):
    """A job whose fields have the names of times."""

    kind: ClassVar[str] = "test.remind"

    delay_seconds: int = 0
    run_time: str = ""


class SendWorker(Worker[Send, None]):
    def perform(self, job: Send, context: JobContext) -> None: ...


class PingWorker(Worker[Ping, None]):
    def perform(self, job: Ping, context: JobContext) -> None: ...


class RemindWorker(Worker[Remind, None]):
    def perform(self, job: Remind, context: JobContext) -> None: ...


class Counted(BaseModel):
    """What comes of counting."""

    number: int


class CountWorker(Worker[Ping, Counted]):
    def perform(self, job: Ping, context: JobContext) -> Counted:
        return Counted(number=1)


class Entered:
    """Remembers what came in."""

    def __init__(self) -> None:
        self.tasks: list[NewTask] = []

    def enqueue(self, tasks: Sequence[NewTask]) -> list[UUID]:
        self.tasks += tasks
        return [new_id() for _ in tasks]

    @property
    def last(self) -> NewTask:
        return self.tasks[-1]


@pytest.fixture(autouse=True)
def entered() -> Iterator[Entered]:
    entrance = Entered()
    with entering_by(entrance):
        yield entrance


def test_handles_know_what_comes_of_their_tasks() -> None:
    asking = CountWorker.with_options(lane="low")

    handles = [CountWorker.perform_async(), *asking.perform_bulk([{}, {}])]
    assert [handle.result_type for handle in handles] == [Counted] * 3


def test_a_job_is_given_by_its_fields_or_as_it_is(entered: Entered) -> None:
    SendWorker.perform_async(text="a", times=2)
    SendWorker.perform_async(Send(text="a", times=2))
    SendWorker.perform_async({"text": "a", "times": 2})
    PingWorker.perform_async()

    assert [task.job for task in entered.tasks] == [Send(text="a", times=2)] * 3 + [Ping()]


@pytest.mark.parametrize("delay", [300, 300.0, timedelta(minutes=5)])
def test_a_delay_is_given_first_or_by_its_name(entered: Entered, delay: Any) -> None:
    SendWorker.perform_in(delay, text="a")
    SendWorker.perform_in(delay_seconds=delay, text="a")
    SendWorker.perform_in(delay, Send(text="a"))
    SendWorker.perform_in(Send(text="a"), delay_seconds=delay)
    PingWorker.perform_in(delay)

    assert [task.options.delay_seconds for task in entered.tasks] == [300] * 5
    assert [task.job for task in entered.tasks] == [Send(text="a")] * 4 + [Ping()]


def test_a_time_is_given_first_or_by_its_name(entered: Entered) -> None:
    SendWorker.perform_at(NOW_AND_THEN, text="a")
    SendWorker.perform_at(run_time=NOW_AND_THEN, text="a")
    SendWorker.perform_at(NOW_AND_THEN.astimezone(), Send(text="a"))

    assert [task.options.run_at for task in entered.tasks] == [NOW_AND_THEN] * 3


def test_the_past_is_now(entered: Entered) -> None:
    SendWorker.perform_in(-5, text="a")
    assert entered.last.options.delay_seconds == 0

    SendWorker.perform_at(datetime(2001, 1, 1, tzinfo=UTC), text="a")
    assert entered.last.options.run_at is None


@pytest.mark.parametrize("wrong", [datetime(2030, 1, 1), "2030-01-01", None, 5])  # noqa: DTZ001
def test_a_time_without_a_zone_is_no_time(entered: Entered, wrong: Any) -> None:
    with pytest.raises(NotAMoment, match="run_time"):
        SendWorker.perform_at(wrong, text="a")
    assert entered.tasks == []


def test_a_naive_time_is_told_how_to_be_aware() -> None:
    with pytest.raises(NotAMoment, match="no time zone"):
        SendWorker.perform_at(datetime(2030, 1, 1), text="a")  # noqa: DTZ001


@pytest.mark.parametrize("wrong", ["5", None, True, float("nan"), float("inf"), 1e12])
def test_a_delay_that_is_none_is_refused(wrong: Any) -> None:
    with pytest.raises(NotAMoment, match="delay_seconds"):
        SendWorker.perform_in(wrong, text="a")


def test_a_missing_time_is_named() -> None:
    with pytest.raises(InvalidJob, match="delay_seconds is missing"):
        SendWorker.perform_in(text="a")


def test_fields_with_the_names_of_times_are_fields_once_the_time_comes_first(
    entered: Entered,
) -> None:
    RemindWorker.perform_in(60, delay_seconds=5)
    RemindWorker.perform_at(NOW_AND_THEN, run_time="noon")

    assert [task.job for task in entered.tasks] == [
        Remind(delay_seconds=5),
        Remind(run_time="noon"),
    ]
    with pytest.raises(InvalidJob, match="has a field delay_seconds of its own"):
        RemindWorker.perform_in(delay_seconds=5)
    with pytest.raises(InvalidJob, match="has a field run_time of its own"):
        RemindWorker.perform_at(run_time=NOW_AND_THEN)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "text"),
        ({"text": 1}, "text"),
        ({"text": "a", "times": "many"}, "times"),
        ({"text": "a", "tmies": 2}, "tmies"),
    ],
)
def test_what_does_not_fit_the_model_is_refused_and_named(
    entered: Entered, fields: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidJob) as refusal:
        SendWorker.perform_async(**fields)

    assert refusal.value.field == field
    assert entered.tasks == []


def test_a_job_of_another_worker_and_two_jobs_at_once_are_refused() -> None:
    with pytest.raises(InvalidJob, match="expected a Send, got a Ping"):
        SendWorker.perform_async(Ping())
    with pytest.raises(InvalidJob, match="either one Send or its fields"):
        SendWorker.perform_async(Send(text="a"), text="b")


def test_many_jobs_are_checked_before_the_first_goes_in(entered: Entered) -> None:
    handles = SendWorker.perform_bulk([Send(text="a"), {"text": "b"}])
    assert len({handle.id for handle in handles}) == 2

    with pytest.raises(InvalidJob, match="job 2 of many"):
        SendWorker.perform_bulk([{"text": "a"}, {"txt": "b"}])
    assert len(entered.tasks) == 2
    assert SendWorker.perform_bulk([]) == []


def test_more_can_be_said_about_a_task(entered: Entered) -> None:
    asking = SendWorker.with_options(lane="low", tags=["x"], key="k", delay_seconds=5)
    asking.perform_async(text="a")
    asking.perform_bulk([{"text": "b"}, {"text": "c"}])

    assert entered.tasks[0].options.lane is Lane.LOW
    assert entered.tasks[0].options.delay_seconds == 5
    assert [task.key for task in entered.tasks] == ["k", "k/1", "k/2"]


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"priority": 1}, "priority"),
        ({"lane": "fast"}, "lane"),
        ({"unique_key": ""}, "unique_key"),
        ({"metadata": {"a": "x" * 5000}}, "metadata"),
        ({"run_at": NOW_AND_THEN, "delay_seconds": 5}, "delay_seconds"),
    ],
)
def test_what_cannot_be_said_is_refused_and_named(options: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidJob) as refusal:
        SendWorker.with_options(**options).perform_async(text="a")

    assert refusal.value.field == field
