"""What a worker process costs while it has nothing to do."""

import threading
from contextlib import suppress

import psutil
import pytest

from tests.integration.worker.conftest import Reports, RunningWorker, StartWorker, Submit
from warren.testing.deadline import eventually

pytestmark = pytest.mark.rabbitmq

#: Seconds that are measured: two beats, and many of everything else that is done in turns.
WINDOW = 20.0


def _processor_seconds(worker: RunningWorker) -> float:
    """Of the process and its slots."""
    root = psutil.Process(worker.process.pid)
    seconds = 0.0
    for process in (root, *root.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            seconds += times.user + times.system
    return seconds


def _is_loaded(worker: RunningWorker) -> bool:
    """Whether its slots are there, and have nothing more to load."""
    before = _processor_seconds(worker)
    threading.Event().wait(1)
    slots = psutil.Process(worker.process.pid).children(recursive=True)
    return len(slots) >= 4 and _processor_seconds(worker) - before < 0.05


def test_a_worker_without_work_takes_next_to_no_processor_time(
    start_worker: StartWorker, submit: Submit, reports: Reports
) -> None:
    # Given a worker of all lanes that has done a job in each, and come to rest
    worker = start_worker("--concurrency", "4", "--name", "idler")
    for lane in ("critical", "default", "low"):
        reports.wait_for(submit(lane=lane), "succeeded")
    reports.wait_for_control(lambda message: message.get("slots_busy") == 0)
    eventually(lambda: _is_loaded(worker), within=60)
    # When it has nothing to do
    before = _processor_seconds(worker)
    with suppress(AssertionError):
        reports.wait_until(lambda: False, "end of the window", within=WINDOW)
    # Then it has used less than one per cent of the time
    assert _processor_seconds(worker) - before < 0.01 * WINDOW
