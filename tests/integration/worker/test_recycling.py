"""Processes are replaced between jobs, under load: each job runs once, and no attempt is spent."""

import uuid
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.rabbitmq, pytest.mark.slow]
KINDS = pytest.mark.parametrize("kind", ["sample.act", "sample.alone"])
JOBS = 200
MOST = 20
#: In MiB: what a job may find in its process when it begins, and what each job leaves there.
MEMORY, LEAK = 250, 50


def _performed(folder: Path) -> list[list[str]]:
    """Task, attempt, process and its memory (MiB) of each run, in their order."""
    return [line.split() for line in (folder / "performed").read_text().splitlines()]


def _wait_for_all(reports: Any, tasks: list[uuid.UUID]) -> None:
    reports.wait_until(
        lambda: (
            len({s.task_id for s in reports.statuses if s.type == "task.succeeded"}) == len(tasks)
        ),
        "all outcomes",
        within=240,
    )


def _check_each_ran_once(reports: Any, tasks: list[uuid.UUID], folder: Path) -> None:
    ends = Counter(s.task_id for s in reports.statuses if s.type == "task.succeeded")
    assert ends == Counter(tasks)
    assert Counter((task, attempt) for task, attempt, *_ in _performed(folder)) == Counter(
        (str(task), "1") for task in tasks
    )
    seen = {s.type for s in reports.statuses} - {"task.handed_back"}
    assert seen == {"task.processing", "task.succeeded"}


@pytest.mark.parametrize("kind", ["sample.act", "sample.alone", "sample.loop"])
def test_processes_that_are_replaced_after_so_many_jobs_lose_and_repeat_none(
    start_worker: Any, submit: Any, reports: Any, folder: Path, kind: str
) -> None:
    # Given many jobs, and two workers of two slots each whose processes run a few of them
    tasks = [submit("sleep", kind=kind, number=0.02) for _ in range(JOBS)]
    worker = start_worker(
        "--processes", "2", "--concurrency", "2", "--max-tasks-per-child", str(MOST), wait=False
    )

    # When all have ended
    _wait_for_all(reports, tasks)

    # Then each has run once, in its first attempt
    _check_each_ran_once(reports, tasks, folder)
    # And no process has run more than it may; of two threads one may have begun another one
    if kind == "sample.alone":
        runs = Counter(pid for _, _, pid, _ in _performed(folder))
        assert max(runs.values()) <= MOST
    else:
        runs = Counter(s.incarnation for s in reports.statuses if s.type == "task.processing")
        assert max(runs.values()) <= MOST + 1
    assert len(runs) >= JOBS / (MOST + 1)
    # And the workers themselves live on, and end well
    assert worker.process.poll() is None
    assert worker.terminate() == 0


@KINDS
def test_a_process_that_its_jobs_leave_with_too_much_memory_is_replaced(
    start_worker: Any, submit: Any, reports: Any, folder: Path, kind: str
) -> None:
    # Given jobs that leak, and a bound that a few of them exceed
    tasks = [submit("leak", kind=kind, number=LEAK) for _ in range(12)]
    worker = start_worker("--concurrency", "1", WARREN_MAX_MEMORY_MB=str(MEMORY))

    _wait_for_all(reports, tasks)

    # Then no job has begun in a process beyond the bound, and several shared one
    _check_each_ran_once(reports, tasks, folder)
    memory = [int(megabytes) for *_, megabytes in _performed(folder)]
    assert max(memory) <= MEMORY
    assert max(memory) > min(memory) + LEAK
    fell = sum(after < before for before, after in pairwise(memory))
    assert 1 <= fell < len(tasks) - 1
    assert worker.terminate() == 0


def test_a_worker_that_is_told_to_stop_while_it_is_replaced_stops_in_good_order(
    start_worker: Any, submit: Any, reports: Any, folder: Path
) -> None:
    # Given a worker that has run what it may, and waits for a neighbour
    worker = start_worker("--concurrency", "2", "--max-tasks-per-child", "2")
    neighbour = submit("sleep", number=4)
    reports.wait_for(neighbour, "processing")
    reports.outcome(submit())
    worker.wait_for_log("this process is replaced when its jobs have ended")
    left = submit()

    # When it is told to stop, Then the neighbour ends well, and nothing else begins
    assert worker.terminate() == 0
    assert reports.outcome(neighbour).type == "task.succeeded"
    assert reports.types_of(left) in ([], ["handed_back"])
    assert worker.log.count('"event":"ready"') == 1


def test_isolation_can_be_chosen_where_a_worker_is_started(
    start_worker: Any, submit: Any, reports: Any, folder: Path
) -> None:
    worker = start_worker("--isolation", "sample.act=process,sample.alone=thread")

    tasks = [submit(kind=kind) for kind in ("sample.act", "sample.alone")]
    for task in tasks:
        assert reports.outcome(task).type == "task.succeeded"

    pids = {task: int(pid) for task, _, pid, _ in _performed(folder)}
    assert pids[str(tasks[0])] != worker.process.pid == pids[str(tasks[1])]
