"""Every worker process answers probes, whatever its slots do."""

from typing import Any

import pytest

pytestmark = pytest.mark.rabbitmq


def test_a_process_whose_slots_are_all_busy_answers_probes_within_a_second(
    start_worker: Any, reports: Any, submit: Any
) -> None:
    # Given a process whose only slot has a job for the next minutes
    start_worker("--concurrency", "1", "--lanes", "default")
    long_job = submit("sleep", number=300)
    reports.wait_for(long_job, "processing")

    answers = [
        reports.wait_for(submit(kind="sample.probe", lane="probe"), "succeeded").data.result
        for _ in range(5)
    ]

    # Then it is the same process that answers, and takes no time to speak of
    beat = reports.wait_for_control(lambda message: message["type"] == "beat")
    assert {(answer["status"], answer["worker_id"]) for answer in answers} == {
        ("healthy", beat["incarnation"])
    }
    assert max(answer["response_time_ms"] for answer in answers) < 1000
    assert reports.types_of(long_job) == ["processing"]


def test_the_probe_is_announced_for_every_minute_and_its_queue_is_told(
    start_worker: Any, reports: Any
) -> None:
    start_worker("--lanes", "low")

    announcement = reports.wait_for_control(lambda message: message["type"] == "announcement")
    beat = reports.wait_for_control(lambda message: message["type"] == "beat")

    (probe,) = [kind for kind in announcement["kinds"] if kind["kind"] == "sample.probe"]
    assert (probe["lane"], probe["audience"]) == ("probe", "operator")
    assert probe["schedule"]["cron"] == "* * * * *"
    assert beat["queues"] == ["sample.low", "sample.probe"]
