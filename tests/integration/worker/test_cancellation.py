"""Cancellation as real worker processes see it: before, while and after they run."""

import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.rabbitmq

Cancel = Callable[[uuid.UUID], float]
#: It takes less than two seconds, and here jobs are of a minute; others may use the machine too.
SOON = 10.0


def test_a_task_that_was_cancelled_while_no_worker_was_there_is_not_run(
    submit: Any, cancel: Cancel, start_worker: Any, reports: Any, performed: Any
) -> None:
    # Given two tasks in the queue, of which one was cancelled
    cancelled, other = submit(), submit()
    cancel(cancelled)
    # When a worker starts
    start_worker()
    # Then it runs the other one only
    reports.wait_for(other, "succeeded")
    reports.wait_for(cancelled, "cancelled")
    assert reports.types_of(cancelled) == ["cancelled"]
    assert (performed(cancelled), performed(other)) == (0, 1)


@pytest.mark.parametrize("kind", ["sample.act", "sample.alone"])
def test_a_job_that_reports_its_progress_ends_at_once(
    submit: Any, cancel: Cancel, start_worker: Any, reports: Any, kind: str
) -> None:
    # Given a running job, in a thread or in a process
    start_worker()
    task = submit("step", kind=kind)
    reports.wait_for(task, "progress")
    # When its task is cancelled
    asked = cancel(task)
    # Then it has ended soon
    reports.wait_for(task, "cancelled")
    assert time.monotonic() - asked < SOON
    assert "succeeded" not in reports.types_of(task)


def test_a_job_in_a_process_that_listens_to_nobody_is_killed_and_the_slot_comes_back(
    submit: Any, cancel: Cancel, start_worker: Any, reports: Any
) -> None:
    start_worker("--concurrency", "1")
    task = submit("sleep", kind="sample.alone", number=60)
    reports.wait_for(task, "processing")
    asked = cancel(task)
    reports.wait_for(task, "cancelled")
    assert time.monotonic() - asked < SOON
    reports.wait_for(submit(kind="sample.alone"), "succeeded")


def test_a_worker_that_is_killed_while_it_cancels_leaves_the_task_to_the_next(
    submit: Any, cancel: Cancel, start_worker: Any, reports: Any, performed: Any
) -> None:
    # Given a job in a thread that has no checkpoint
    first = start_worker()
    task = submit("sleep", number=60)
    reports.wait_for(task, "processing")
    # When its task is cancelled and its worker killed
    cancel(task)
    first.kill()
    # Then the next worker skips it
    start_worker()
    reports.wait_for(task, "cancelled")
    assert performed(task) == 1


def test_a_job_that_fails_after_its_cancellation_is_not_retried(
    submit: Any, cancel: Cancel, start_worker: Any, reports: Any
) -> None:
    start_worker()
    task = submit("sleep_and_fail", number=1.5)
    reports.wait_for(task, "processing")
    cancel(task)
    reports.wait_for(task, "cancelled", "retrying")
    assert reports.types_of(task) == ["processing", "cancelled"]
