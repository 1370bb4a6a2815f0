"""How a worker process begins, lives and ends, over a real broker."""

import signal
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.integration.worker.job_behaviour import assert_handed_back
from warren.contracts.orders import StopWorker
from warren.messaging.publisher import Publisher
from warren.messaging.topology import CANCELS_STREAM
from warren.testing.deadline import eventually
from warren.testing.publishing import publish_confirmed

pytestmark = pytest.mark.rabbitmq
Performed = Callable[[uuid.UUID], int]


def _children(process: Any) -> list[psutil.Process]:
    return psutil.Process(process.pid).children()


def test_it_announces_its_jobs_and_beats(start_worker: Any, reports: Any, submit: Any) -> None:
    worker = start_worker("--name", "tester", "--concurrency", "3", "--lanes", "low,critical")

    announcement = reports.wait_for_control(lambda m: m["type"] == "announcement")
    beat = reports.wait_for_control(lambda m: m["type"] == "beat")

    assert {kind["kind"] for kind in announcement["kinds"]} == {
        "sample.act",
        "sample.alone",
        "sample.hang",
        "sample.limited",
        "sample.loop",
        "sample.loop_hang",
        "sample.loop_limited",
        "sample.probe",
    }
    assert (beat["name"], beat["slots_total"]) == ("tester", 32)
    assert beat["queues"] == ["sample.critical", "sample.low", "sample.probe"]
    assert beat["incarnation"] == announcement["incarnation"]
    assert worker.terminate() == 0
    assert reports.wait_for_control(lambda m: m.get("stopping") is True)


def test_it_lists_its_jobs_and_logs_a_line_for_each_outcome(
    start_worker: Any, reports: Any, submit: Any
) -> None:
    worker = start_worker()
    task = submit()
    reports.outcome(task)

    assert worker.log.count('"event":"job"') == 7
    (line,) = [line for line in worker.log.splitlines() if str(task) in line]
    assert "task succeeded" in line


def test_a_slot_that_outlasts_the_grace_period_is_handed_back_without_a_delivery_counted(
    amqp_url: str, start_worker: Any, reports: Any, submit: Any, performed: Performed
) -> None:
    assert_handed_back("sample.alone", amqp_url, start_worker, submit, reports, performed)


def test_a_second_signal_does_not_wait_for_running_jobs(
    start_worker: Any, reports: Any, submit: Any
) -> None:
    worker = start_worker()
    reports.wait_for(submit("sleep", number=60), "processing")
    worker.process.send_signal(signal.SIGINT)
    worker.wait_for_log("no more jobs are taken")

    started = time.monotonic()
    worker.process.send_signal(signal.SIGINT)

    assert worker.process.wait(30) == 0
    assert time.monotonic() - started < 15


def test_a_killed_workers_job_is_delivered_again_and_done_once_in_effect(
    start_worker: Any, reports: Any, submit: Any, performed: Performed
) -> None:
    worker = start_worker()
    task = submit("sleep_once", number=60, text="the same")
    reports.wait_for(task, "processing")
    eventually(lambda: performed(task) == 1, within=30)
    slots = _children(worker.process)
    worker.kill()

    start_worker()
    outcome = reports.outcome(task)

    assert (outcome.type, outcome.dispatch) == ("task.succeeded", 1)
    assert len(outcome.data.artifacts) == 1
    assert performed(task) == 2
    assert not any(slot.is_running() and slot.status() != "zombie" for slot in slots)


def test_a_supervisor_replaces_a_child_and_leaves_its_sibling_alone(
    start_worker: Any, reports: Any, submit: Any
) -> None:
    worker = start_worker("--processes", "2", "--concurrency", "1", "--name", "pair", wait=False)
    worker.wait_for_log('"event":"ready"', count=2)
    first, second = _children(worker.process)

    first.send_signal(signal.SIGKILL)
    worker.wait_for_log('"event":"ready"', count=3)

    pids = {child.pid for child in _children(worker.process)}
    assert second.pid in pids
    assert first.pid not in pids
    assert len(pids) == 2
    assert reports.outcome(submit()).type == "task.succeeded"
    names = {m["name"] for m in reports.control if m["type"] == "beat"}
    assert names == {"pair-1", "pair-2"}
    assert worker.terminate() == 0


def test_children_stop_when_their_supervisor_is_killed(start_worker: Any) -> None:
    worker = start_worker("--processes", "2", wait=False)
    worker.wait_for_log('"event":"ready"', count=2)
    children = _children(worker.process)

    worker.kill()

    worker.wait_for_log('"event":"stopped"', count=2)
    eventually(lambda: not any(Path(f"/proc/{child.pid}").exists() for child in children))


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_service_that_cannot_be_imported_stops_the_start_with_its_file(
    start_worker: Any, processes: str
) -> None:
    worker = start_worker("--processes", processes, service="broken_worker", wait=False)

    assert worker.process.wait(30) == 2
    assert "broken_worker/actors.py:5" in worker.log
    assert "no_such_module_anywhere" in worker.log


def test_an_unknown_lane_stops_the_start(start_worker: Any) -> None:
    worker = start_worker("--lanes", "critical,urgent", wait=False)

    assert worker.process.wait(30) == 2
    assert "unknown lane 'urgent'" in worker.log


def test_a_worker_that_is_ordered_to_stop_finishes_its_job_first(
    start_worker: Any, submit: Any, reports: Any, performed: Performed, amqp_url: str
) -> None:
    # Given a worker in the middle of a job
    worker = start_worker()
    beat = reports.wait_for_control(lambda message: message["type"] == "beat")
    task = submit("sleep", number=2)
    eventually(lambda: performed(task) == 1, within=30)

    # When it is ordered to stop, after an order to somebody else
    publisher = Publisher(amqp_url, name="test", timeout=20)
    publisher.start()
    for incarnation in ("host-1-1", beat["incarnation"]):
        order = StopWorker(incarnation=incarnation, by="key:test")
        publish_confirmed(publisher, CANCELS_STREAM, order.encode())
    publisher.close(5)

    # Then it ends well, and so does its job
    assert worker.process.wait(30) == 0
    assert reports.outcome(task).type == "task.succeeded"
    assert worker.log.count("told to stop") == 1
