"""What the recorder hears about jobs, from a worker process over a real broker."""

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from warren.artifacts import open_store

pytestmark = pytest.mark.rabbitmq


@pytest.fixture
def worker(shared_worker: Any) -> Any:
    return shared_worker


@pytest.fixture
def amqp_url(shared_amqp_url: str) -> str:
    return shared_amqp_url


@pytest.fixture
def folder(shared_folder: Path) -> Path:
    return shared_folder


def test_a_job_starts_and_succeeds_with_files_and_events(
    worker: Any, submit: Any, reports: Any
) -> None:
    task = submit("save", text="hello")

    outcome = reports.outcome(task)

    assert reports.types_of(task) == ["processing", "succeeded"]
    assert outcome.data.result == {"did": "save"}
    assert [(a.name, a.size) for a in outcome.data.artifacts] == [("out.txt", 5)]
    assert [event.type for event in outcome.data.events] == ["sample.acted.v1"]
    assert len({status.run_id for status in reports.of(task)}) == 1


def test_progress_comes_at_most_five_times_a_second_and_the_last_one_always(
    worker: Any, submit: Any, reports: Any
) -> None:
    task = submit("report")
    reports.outcome(task)

    types = reports.types_of(task)
    percents = [s.data.percent for s in reports.of(task) if s.type == "task.progress"]
    assert (types[0], types[-1]) == ("processing", "succeeded")
    assert percents == sorted(percents)
    assert percents[-1] == 100
    # The job takes a little over half a second.
    assert 2 <= len(percents) <= 8


def test_a_failure_is_retried_with_growing_delays_until_the_attempts_are_spent(
    worker: Any, submit: Any, reports: Any
) -> None:
    task = submit("fail")
    delays = [reports.outcome(task).data.delay]
    submit("fail", task=task, dispatch=2, attempt=2)
    delays.append(reports.outcome(task, count=2).data.delay)
    submit("fail", task=task, dispatch=3, attempt=3)
    last = reports.outcome(task, count=3)

    assert delays == [2, 4]
    assert (last.type, last.data.source) == ("task.failed", "exhausted")
    assert last.data.error.type == "ConnectionError"
    assert "s3cr3t" not in last.model_dump_json() + worker.log


@pytest.mark.parametrize(
    ("what", "source", "field"),
    [("fail_permanently", "permanent", None), ("reject", "rejected", "text")],
)
def test_what_cannot_work_fails_at_once(
    worker: Any, submit: Any, reports: Any, what: str, source: str, field: str | None
) -> None:
    outcome = reports.outcome(submit(what))

    assert (outcome.type, outcome.data.source) == ("task.failed", source)
    assert outcome.data.error.field == field


def test_a_payload_that_does_not_fit_is_rejected(worker: Any, submit: Any, reports: Any) -> None:
    outcome = reports.outcome(submit(number="many"))

    assert (outcome.type, outcome.data.source) == ("task.failed", "rejected")
    assert outcome.data.error.field == "number"


def test_fields_that_the_worker_does_not_know_are_ignored(
    worker: Any, submit: Any, reports: Any
) -> None:
    assert reports.outcome(submit(added_later=1)).type == "task.succeeded"


def test_a_provider_that_is_down_means_waiting(worker: Any, submit: Any, reports: Any) -> None:
    outcome = reports.outcome(submit("wait"))

    assert (outcome.type, outcome.data.reason, outcome.data.delay) == (
        "task.waiting",
        "provider_down",
        17,
    )


def test_a_version_that_is_not_handled_here_waits(worker: Any, submit: Any, reports: Any) -> None:
    outcome = reports.outcome(submit(version=2))

    assert (outcome.type, outcome.data.reason) == ("task.waiting", "worker_version")


def test_a_job_that_kills_its_process_twice_fails_as_crashed_and_the_next_one_runs(
    worker: Any, submit: Any, reports: Any, performed: Callable[[uuid.UUID], int]
) -> None:
    task = submit("crash", kind="sample.alone")
    crashed = reports.outcome(task)
    after = reports.outcome(submit(kind="sample.alone"))

    assert (crashed.type, crashed.data.source) == ("task.failed", "crashed")
    assert crashed.data.error.message.endswith("alone: signal 9 SIGKILL")
    assert performed(task) == 2
    assert after.type == "task.succeeded"


def test_a_job_whose_process_was_killed_once_succeeds_without_spending_an_attempt(
    worker: Any, submit: Any, reports: Any
) -> None:
    task = submit("crash_once", kind="sample.alone")

    outcome = reports.outcome(task)

    assert (outcome.type, outcome.attempt) == ("task.succeeded", 1)
    assert reports.types_of(task) == ["processing", "succeeded"]


def test_a_repeated_run_answers_with_the_outcome_that_was_kept(
    worker: Any, submit: Any, reports: Any, performed: Callable[[uuid.UUID], int]
) -> None:
    task = submit("save", text="once")
    first = reports.outcome(task)
    submit("save", text="once", task=task, dispatch=2)
    second = reports.outcome(task, count=2)

    assert (second.dispatch, second.data.artifacts) == (2, first.data.artifacts)
    assert second.data.events == first.data.events
    assert performed(task) == 1


def test_a_repeated_run_whose_files_were_cleaned_up_makes_them_anew(
    worker: Any,
    submit: Any,
    reports: Any,
    performed: Callable[[uuid.UUID], int],
    folder: Path,
) -> None:
    artifacts = open_store(str(folder / "artifacts"))
    task = submit("save", text="cleaned up")
    (file,) = reports.outcome(task).data.artifacts
    artifacts.delete(file.sha256)

    submit("save", text="cleaned up", task=task, dispatch=2)
    second = reports.outcome(task, count=2)

    assert (second.dispatch, [a.sha256 for a in second.data.artifacts]) == (2, [file.sha256])
    assert artifacts.read(file.sha256) == b"cleaned up"
    assert performed(task) == 2


def test_many_short_jobs_share_messages(worker: Any, submit: Any, reports: Any) -> None:
    tasks = [submit() for _ in range(50)]

    for task in tasks:
        reports.outcome(task)
        assert reports.types_of(task) == ["processing", "succeeded"]
