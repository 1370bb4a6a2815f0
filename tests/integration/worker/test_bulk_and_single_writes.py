"""Bulks of five minutes in the low lane do not delay single writes in the default one."""

import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from warren.testing.deadline import eventually

pytestmark = [pytest.mark.rabbitmq, pytest.mark.slow]
#: Seconds that a single write may wait for its start.
SOON = 1.0
BULK_SECONDS = 300
WRITES = 15
Performed = Callable[[uuid.UUID], int]


def _running(tasks: list[uuid.UUID], performed: Performed) -> int:
    return sum(performed(task) for task in tasks)


def _waits(submit: Any, reports: Any, kind: str) -> list[float]:
    """How long single writes wait for their start, one after the other."""
    waits = []
    for _ in range(WRITES):
        asked = datetime.now(UTC)
        begun = reports.wait_for(submit(kind=kind), "processing")
        waits.append((begun.at - asked).total_seconds())
        reports.outcome(begun.task_id)
    return waits


@pytest.mark.parametrize(
    ("kind", "options", "bulks", "run_at_once"),
    [
        ("sample.act", ("--processes", "2", "--concurrency", "2"), 6, 2),
        ("sample.alone", ("--processes", "2", "--concurrency", "2"), 6, 2),
        ("sample.loop", ("--concurrency", "2", "--async-jobs", "4"), 6, 3),
    ],
)
def test_single_writes_start_within_a_second_beside_as_many_bulks_as_may_run(
    start_worker: Any, submit: Any, reports: Any, cancel: Any, performed: Performed,
    kind: str, options: tuple[str, ...], bulks: int, run_at_once: int,
) -> None:  # fmt: skip
    # Given workers that find more bulks in their low lane than they have slots
    waiting = [submit("bulk", kind=kind, number=BULK_SECONDS, lane="low") for _ in range(bulks)]
    worker = start_worker(*options, wait=False)
    eventually(lambda: _running(waiting, performed) == run_at_once, within=90)

    # When single writes come, Then each starts within a second
    waits = _waits(submit, reports, kind)
    assert max(waits) <= SOON, waits
    # And no further bulk has begun meanwhile, nor has one ended
    assert _running(waiting, performed) == run_at_once
    assert not any("succeeded" in reports.types_of(task) for task in waiting)

    # And when a bulk ends, the next one begins
    running = [task for task in waiting if performed(task)]
    for task in running:
        cancel(task)
    for task in running:
        reports.wait_for(task, "cancelled")
    eventually(lambda: _running(waiting, performed) == min(bulks, 2 * run_at_once), within=60)
    for task in waiting:
        cancel(task)
    assert worker.terminate() == 0


@pytest.mark.parametrize("kind", ["sample.act", "sample.alone"])
def test_bulks_that_come_after_many_short_jobs_delay_no_single_write_either(
    start_worker: Any, submit: Any, reports: Any, cancel: Any, performed: Performed, kind: str
) -> None:
    # Given a worker that fetches ahead and whose low lane has all slots, since all jobs are short
    short = [submit(lane=lane) for lane in ("low", "default") for _ in range(100)]
    worker = start_worker("--concurrency", "2")
    for task in short:
        reports.outcome(task)

    # When bulks come, and further short jobs behind them, among single writes
    bulks = [submit("bulk", kind=kind, number=BULK_SECONDS, lane="low") for _ in range(3)]
    behind = [submit(lane="low") for _ in range(5)]
    eventually(lambda: _running(bulks, performed) == 2, within=30)
    waits = _waits(submit, reports, "sample.act")

    # Then bulks keep both slots, the rest of their lane waits, and the writes do not
    assert max(waits) <= SOON, waits
    assert _running(bulks, performed) == 2
    assert _running(behind, performed) == 0
    # And what was fetched ahead is not kept from other workers
    second = start_worker("--concurrency", "4", "--reserved-slots", "0")
    for task in behind:
        assert reports.outcome(task).type == "task.succeeded"
    for task in bulks:
        cancel(task)
    assert [worker.terminate(), second.terminate()] == [0, 0]


def test_single_writes_have_a_slot_process_to_spare_while_bulks_keep_all(
    start_worker: Any, submit: Any, reports: Any, cancel: Any, performed: Performed
) -> None:
    # Given a worker of two slot processes, which its low lane has because its jobs were short
    worker = start_worker("--concurrency", "2")
    # The first ones may wait for the second process to load, and are not short then.
    for _ in range(2):
        short = [submit(kind="sample.alone", lane="low") for _ in range(20)]
        for task in short:
            reports.outcome(task)
    bulks = [submit("bulk", kind="sample.alone", number=BULK_SECONDS, lane="low") for _ in range(3)]
    eventually(lambda: _running(bulks, performed) == 2, within=30)

    # When a single write of such a kind comes, Then one more process is started for it
    assert reports.outcome(submit(kind="sample.alone")).type == "task.succeeded"
    assert _running(bulks, performed) == 2
    for task in bulks:
        cancel(task)
    assert worker.terminate() == 0


@pytest.mark.parametrize("seconds", [0.04, 0.1], ids=["fetched ahead", "asked for"])
def test_short_jobs_of_the_low_lane_use_all_slots(
    start_worker: Any, submit: Any, reports: Any, seconds: float
) -> None:
    # Given a worker of two slots, and nothing but short jobs in its low lane
    tasks = [submit("sleep", number=seconds, lane="low") for _ in range(100)]
    start_worker("--concurrency", "2")
    # When it has done them
    spans = [
        (reports.wait_for(task, "processing").at, reports.wait_for(task, "succeeded").at)
        for task in tasks
    ]
    # Then two of them ran at most times, as soon as enough of them had been seen to be short.
    # (With the reserve kept it is one; what is lost between two jobs depends on the machine.)
    spans = sorted(spans)[20:]
    elapsed = max(end for _, end in spans) - spans[0][0]
    assert sum((end - begun for begun, end in spans), timedelta()) / elapsed >= 1.4


def test_who_serves_only_the_low_lane_uses_all_slots(
    start_worker: Any, submit: Any, performed: Performed
) -> None:
    bulks = [submit("bulk", number=BULK_SECONDS, lane="low") for _ in range(3)]
    start_worker("--concurrency", "2", "--lanes", "low", WARREN_GRACE_SECONDS="0")

    started = time.monotonic()
    eventually(lambda: _running(bulks, performed) == 2, within=60)
    assert time.monotonic() - started < 60
