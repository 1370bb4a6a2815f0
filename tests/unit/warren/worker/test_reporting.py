"""From what happened to what the recorder reads."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest

from warren.contracts.ids import new_id
from warren.contracts.job import Job
from warren.contracts.status import (
    Outcome,
    TaskFailed,
    TaskRetrying,
    TaskSucceeded,
    TaskWaiting,
)
from warren.errors import PermanentError, RejectedInput, Unavailable
from warren.worker import JobContext, Worker
from warren.worker.job_run import Run
from warren.worker.joining import MembersAwaited
from warren.worker.reporting import StatusMaker
from warren.worker.verdict import Success, failure_of


class Try(Job):
    kind: ClassVar[str] = "test.try"


class TryWorker(Worker[Try, None]):
    max_retries = 2
    retry_jitter = False

    def perform(self, job: Try, context: JobContext) -> None:
        return None


STATUSES = StatusMaker("host-1-2")


def _run(attempt: int = 1, dispatch: int = 1) -> Run:
    return Run(
        new_id(), new_id(), 1, dispatch, attempt, new_id(), "test.try", 1, {}, repeated=False
    )


def test_a_status_names_its_run() -> None:
    run = _run(attempt=2, dispatch=3)
    status = STATUSES.processing(run)

    assert (status.task_id, status.run_id) == (run.task_id, run.run_id)
    assert (status.generation, status.dispatch, status.attempt) == (1, 3, 2)
    assert status.incarnation == "host-1-2"


def test_success_carries_the_result() -> None:
    status = STATUSES.succeeded(_run(), Success({"a": None}), 1.5)

    assert isinstance(status, TaskSucceeded)
    assert (status.data.result, status.data.processing_seconds) == ({"a": None}, 1.5)


def test_an_unknown_error_is_tried_again_until_the_attempts_are_spent() -> None:
    failure = failure_of(ValueError("x"))
    outcomes = [STATUSES.failed(_run(n), TryWorker, failure, 0.1) for n in (1, 2, 3)]

    assert [type(outcome) for outcome in outcomes] == [TaskRetrying, TaskRetrying, TaskFailed]
    assert [o.data.delay for o in outcomes if isinstance(o, TaskRetrying)] == [1, 2]
    assert isinstance(outcomes[2], TaskFailed)
    assert outcomes[2].data.source == "exhausted"


@pytest.mark.parametrize(
    ("error", "source"),
    [(PermanentError("x"), "permanent"), (RejectedInput("x", field="y"), "rejected")],
)
def test_what_cannot_work_fails_at_once(error: Exception, source: str) -> None:
    status = STATUSES.failed(_run(), TryWorker, failure_of(error), 0.1)

    assert isinstance(status, TaskFailed)
    assert status.data.source == source


def test_unavailable_waits_as_long_as_it_says() -> None:
    status = STATUSES.failed(
        _run(attempt=9), TryWorker, failure_of(Unavailable("x", retry_after=42)), 0.1
    )

    assert isinstance(status, TaskWaiting)
    assert (status.data.reason, status.data.delay) == ("provider_down", 42)


class _BusyProvider(Unavailable):
    def __init__(self) -> None:
        """Does not call the base class."""


@pytest.mark.parametrize(
    ("error", "delay"),
    [
        (Unavailable("x", retry_after="120"), 120),
        (Unavailable("x", retry_after=float("inf")), 1),
        (Unavailable("x", retry_after=float("nan")), 1),
        (Unavailable("x", retry_after=-3), 1),
        (Unavailable("x", retry_after=1e9), 1),
        (Unavailable("x", retry_after="Wed, 21 Oct 2026 07:28:00 GMT"), 1),
        (_BusyProvider(), 1),
    ],
)
def test_a_wait_that_cannot_be_kept_is_the_jobs_own_back_off(
    error: Unavailable, delay: float
) -> None:
    status = STATUSES.failed(_run(), TryWorker, failure_of(error), 0.1)

    assert isinstance(status, TaskWaiting)
    assert status.data.delay == delay


def test_the_field_at_fault_is_a_text_whatever_the_job_gives() -> None:
    error = RejectedInput("x", field=3)  # type: ignore[arg-type]
    status = STATUSES.failed(_run(), TryWorker, failure_of(error), 0.1)

    assert isinstance(status, TaskFailed)
    assert status.data.error.field == "3"


def test_unavailable_waits_longer_each_time_up_to_half_a_minute() -> None:
    failure = failure_of(Unavailable("x"))
    outcomes = [STATUSES.failed(_run(dispatch=n), TryWorker, failure, 0.1) for n in (1, 2, 3, 9)]

    assert [o.data.delay for o in outcomes if isinstance(o, TaskWaiting)] == [1, 2, 4, 30]


NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


def _waited(seconds: float) -> Outcome:
    """The outcome of a run that finds nothing, so long after the first run of its task."""
    run = replace(_run(dispatch=9), started_at=NOW - timedelta(seconds=seconds))
    down = failure_of(Unavailable("the provider is down", retry_after=600))
    return StatusMaker("host-1-2", now=lambda: NOW).failed(run, ImpatientWorker, down, 0.1)


class ImpatientWorker(TryWorker):
    max_age = 3600


def test_a_task_waits_until_its_max_age_and_no_longer() -> None:
    early, late, end = _waited(60), _waited(3500), _waited(3601)

    assert isinstance(early, TaskWaiting)
    assert early.data.delay == 600
    assert isinstance(late, TaskWaiting)
    assert late.data.delay == 100
    assert isinstance(end, TaskFailed)
    assert (end.data.source, end.data.error.type) == ("exhausted", "Unavailable")


def test_a_run_that_joins_a_batch_waits_for_it_and_spends_no_attempt() -> None:
    awaited = MembersAwaited(new_id())
    status = STATUSES.failed(_run(attempt=3), TryWorker, failure_of(awaited), 1.0)

    assert isinstance(status, TaskWaiting)
    assert (status.data.reason, status.data.batch_id) == ("members", awaited.batch_id)
    assert status.data.error is None
    assert status.attempt == 3


def test_a_run_joins_no_batch_once_its_task_has_waited_for_too_long() -> None:
    run = replace(_run(), started_at=datetime.now(UTC) - timedelta(days=2))
    status = STATUSES.failed(run, TryWorker, failure_of(MembersAwaited(new_id())), 1.0)

    assert isinstance(status, TaskFailed)
    assert status.data.source == "exhausted"
