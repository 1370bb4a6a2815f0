"""The jobs of the example, called directly."""

from datetime import UTC, datetime
from typing import Any

import pytest

from example_worker.errors import BadOption, DiskAlmostFull
from example_worker.service import check_free_space
from example_worker.workers.data_processing import DataProcessingWorker, ProcessData
from example_worker.workers.health_check import HealthCheck, HealthCheckWorker
from warren.contracts.lanes import Lane
from warren.testing.worker import FakeContext
from warren.worker.catalogue import load_service


def test_a_health_check_says_who_is_healthy_and_when() -> None:
    before = datetime.now(UTC)

    health = HealthCheckWorker().perform(HealthCheck(), FakeContext())

    assert health.status == "healthy"
    assert health.worker_id
    assert before <= health.timestamp <= datetime.now(UTC)


def test_a_full_disk_is_worth_another_attempt() -> None:
    with pytest.raises(DiskAlmostFull, match="1 MiB are free"):
        check_free_space(2**20)


def test_a_health_check_runs_every_ten_minutes() -> None:
    definitions = {d.kind: d for d in load_service("example_worker").definitions()}

    assert set(definitions) == {"example.health_check", "example.process_data"}
    check = definitions["example.health_check"]
    assert (check.lane, check.max_retries) == (Lane.DEFAULT, 1)
    assert check.schedule is not None
    assert check.schedule.cron == "*/10 * * * *"


def test_data_is_processed_with_all_options() -> None:
    context = FakeContext()
    job = ProcessData(user_id=7, processing_options={"format": "csv", "limit": 5})

    done = DataProcessingWorker().perform(job, context)

    assert (done.user_id, done.status) == (7, "completed")
    assert done.processed_at.tzinfo is not None
    assert done.options == {"format": "csv", "limit": 5, "anonymize": False}
    assert context.percents == [50]


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"colour": "red"}, "processing_options.colour"),
        ({"format": "pdf"}, "processing_options.format"),
        ({"limit": 0}, "processing_options.limit"),
        ({"limit": "5"}, "processing_options.limit"),
        ({"limit": 10_001}, "processing_options.limit"),
        ({"anonymize": "yes"}, "processing_options.anonymize"),
    ],
)
def test_a_bad_option_is_refused_by_its_name(options: dict[str, Any], field: str) -> None:
    job = ProcessData(user_id=7, processing_options=options)

    with pytest.raises(BadOption, match=field) as e:
        DataProcessingWorker().perform(job, FakeContext())

    assert e.value.field == field
