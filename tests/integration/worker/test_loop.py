"""What async jobs have beyond those in threads: many at once, in one loop that they share."""

import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.integration.worker.job_behaviour import SOON
from warren.testing.deadline import eventually

pytestmark = pytest.mark.rabbitmq
Performed = Callable[[uuid.UUID], int]


def _most_at_once(reports: Any) -> int:
    """By the order in which they were reported: begun and not ended."""
    running = most = 0
    for status in reports.statuses:
        running += {"task.processing": 1, "task.succeeded": -1}.get(status.type, 0)
        most = max(most, running)
    return most


def test_jobs_that_await_occupy_no_thread(
    start_worker: Any, submit: Any, reports: Any, performed: Performed
) -> None:
    # Given a process of one thread, and twenty jobs that await for a while
    start_worker("--concurrency", "1")
    awaiting = [submit("sleep", kind="sample.loop", number=6) for _ in range(20)]
    eventually(lambda: all(performed(task) for task in awaiting), within=30)

    # When a job comes that needs the thread
    task = submit()

    # Then it runs before any of them has ended
    assert reports.outcome(task).type == "task.succeeded"
    assert not any("succeeded" in reports.types_of(task) for task in awaiting)
    # And they end, all at once
    assert {reports.outcome(task).type for task in awaiting} == {"task.succeeded"}
    assert _most_at_once(reports) == 21


def test_no_more_run_at_once_than_the_bound_says(
    start_worker: Any, submit: Any, reports: Any
) -> None:
    tasks = [submit("sleep", kind="sample.loop", number=0.3) for _ in range(40)]
    start_worker("--concurrency", "2", "--async-jobs", "8")
    for task in tasks:
        reports.outcome(task)

    assert 6 <= _most_at_once(reports) <= 8
    beat = reports.wait_for_control(lambda m: m["type"] == "beat")
    assert beat["slots_total"] == 8


def test_a_cancellation_reaches_a_job_that_awaits(
    start_worker: Any, submit: Any, reports: Any, cancel: Any
) -> None:
    start_worker()
    task, neighbour = (submit("sleep", kind="sample.loop", number=n) for n in (60, 3))
    reports.wait_for(task, "processing")

    asked = cancel(task)

    reports.wait_for(task, "cancelled")
    assert time.monotonic() - asked < SOON
    assert reports.outcome(neighbour).type == "task.succeeded"


def test_a_write_that_has_begun_ends_before_its_task_is_cancelled(
    start_worker: Any, submit: Any, reports: Any, cancel: Any, folder: Path
) -> None:
    # Given a job in the middle of a write
    start_worker()
    task = submit("slow_effect", kind="sample.loop", number=1.5)
    eventually((folder / f"{task}.begun").exists, within=30)

    # When its task is cancelled
    cancel(task)

    # Then the write is there when that is confirmed
    reports.wait_for(task, "cancelled")
    assert (folder / "sink").read_text().splitlines() == [f"{task}:write"]


def test_who_keeps_the_loop_from_the_others_is_named(
    start_worker: Any, submit: Any, reports: Any
) -> None:
    worker = start_worker()
    task = submit("block", kind="sample.loop", number=3)
    reports.outcome(task)

    assert worker.log.count("an async job computes, or waits without await") == 1
    assert "in _block" in worker.log


def test_a_job_that_exits_ends_itself_and_not_its_neighbours(
    start_worker: Any, submit: Any, reports: Any
) -> None:
    worker = start_worker()
    neighbour = submit("sleep", kind="sample.loop", number=2)
    reports.wait_for(neighbour, "processing")

    left = reports.outcome(submit("leave", kind="sample.loop"))

    assert (left.type, left.data.error.type) == ("task.retrying", "SystemExit")
    assert reports.outcome(neighbour).type == "task.succeeded"
    assert reports.outcome(submit("sleep", kind="sample.loop")).type == "task.succeeded"
    assert worker.terminate() == 0


def test_a_thread_that_an_async_job_has_left_behind_does_not_keep_the_process(
    start_worker: Any, submit: Any, reports: Any, folder: Path
) -> None:
    worker = start_worker(WARREN_GRACE_SECONDS="0.5")
    task = submit("wait_in_a_thread", kind="sample.loop", number=300)
    eventually((folder / f"{task}.begun").exists, within=30)

    started = time.monotonic()
    assert worker.terminate() == 0
    assert time.monotonic() - started < 15


def test_an_async_job_that_is_suspected_of_killing_its_process_runs_alone(
    start_worker: Any, submit: Any, reports: Any
) -> None:
    for _ in range(2):
        worker = start_worker()
        task = submit("sleep_once", kind="sample.loop", number=60)
        reports.wait_for(task, "processing")
        worker.kill()
    worker = start_worker("--isolation", "sample.loop=process")

    assert reports.outcome(task).type == "task.succeeded"
