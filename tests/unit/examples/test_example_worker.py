"""The jobs of the example: called directly, and run in memory."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest

from example_worker.errors import DiskAlmostFull
from example_worker.service import check_free_space
from example_worker.workers.data_processing import DataProcessingWorker, ProcessData
from example_worker.workers.health_check import HealthCheck, HealthCheckWorker
from warren.client.errors import TaskFailed
from warren.contracts.lanes import Lane
from warren.testing.memory import InMemoryWarren
from warren.testing.worker import FakeContext
from warren.worker.catalogue import load_service


class DiskUsage(NamedTuple):
    """As `shutil.disk_usage` has it, in bytes."""

    total: int
    used: int
    free: int


@pytest.fixture
def warren_jobs() -> Sequence[str]:
    """Whose jobs `warren_memory` runs."""
    return ["example_worker"]


def test_a_health_check_says_who_is_healthy_and_when() -> None:
    before = datetime.now(UTC)

    health = HealthCheckWorker().perform(HealthCheck(), FakeContext())

    assert health.status == "healthy"
    assert health.worker_id
    assert before <= health.timestamp <= datetime.now(UTC)


def test_a_full_disk_is_worth_another_attempt() -> None:
    with pytest.raises(DiskAlmostFull, match="1 MiB are free"):
        check_free_space(2**20)


def test_the_jobs_of_the_example_are_announced() -> None:
    definitions = {d.kind: d for d in load_service("example_worker").definitions()}

    assert set(definitions) == {"example.health_check", "example.process_data"}
    check = definitions["example.health_check"]
    assert (check.lane, check.max_retries) == (Lane.DEFAULT, 1)


def test_a_health_check_is_done_every_ten_minutes(warren_memory: InMemoryWarren) -> None:
    warren_memory.advance(hours=1)

    checks = warren_memory.tasks(HealthCheckWorker)
    assert [check.steps for check in checks] == [["processing", "succeeded"]] * 6
    assert {check.result["status"] for check in checks} == {"healthy"}


def test_a_full_disk_is_looked_at_once_more(
    warren_memory: InMemoryWarren, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a disk without room
    monkeypatch.setattr("shutil.disk_usage", lambda _path: DiskUsage(2**30, 2**30, 2**20))
    # When a check is asked for
    check = warren_memory.submit(HealthCheck())
    warren_memory.finish()
    # Then it has failed, after one retry, and is kept for an operator
    assert check.steps == ["processing", "retrying", "processing", "failed"]
    assert check in warren_memory.dead_letters


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
def test_a_bad_option_fails_the_task_by_its_name(
    warren_memory: InMemoryWarren, options: dict[str, Any], field: str
) -> None:
    asked = DataProcessingWorker.perform_async(user_id=7, processing_options=options)

    with pytest.raises(TaskFailed, match=field) as e:
        asked.wait()

    assert (e.value.error["type"], e.value.error["field"]) == ("BadOption", field)
    assert warren_memory.task(asked).steps == ["processing", "failed"]
    assert warren_memory.dead_letters == []
