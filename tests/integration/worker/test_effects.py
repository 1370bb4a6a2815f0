"""Effects and parts, as real worker processes make them; some of which die or freeze meanwhile."""

import signal
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import psutil
import pytest

from warren.contracts.orders import CancelTask
from warren.messaging.publisher import Publisher
from warren.messaging.topology import CANCELS_STREAM
from warren.testing.deadline import eventually
from warren.worker.contact import LONGEST_SILENCE

pytestmark = pytest.mark.rabbitmq


@pytest.fixture
def cancel(amqp_url: str) -> Iterator[Callable[[uuid.UUID], None]]:
    """Publishes the order as the relay does."""
    publisher = Publisher(amqp_url, name="test-cancels", timeout=20)
    publisher.start()

    def order(task: uuid.UUID) -> None:
        publisher.ensure_queue(CANCELS_STREAM)
        message = CancelTask(task_id=task, generation=1, at=datetime.now(UTC), by="key:test")
        publisher.publish(CANCELS_STREAM, message.encode()).result(20)

    yield order
    publisher.close(5)


@pytest.fixture
def close_connections_of(amqp_url: str, rabbitmq_api_url: str) -> Callable[[str], None]:
    """Has the broker end all connections of a worker's name, as when it gives a client up."""
    host = quote(urlsplit(amqp_url).path.removeprefix("/"), safe="")

    def close(name: str) -> None:
        with httpx.Client(timeout=30, trust_env=False) as api:

            def connections() -> list[str]:
                listed = api.get(f"{rabbitmq_api_url}/vhosts/{host}/connections").json()
                return [
                    each["name"]
                    for each in listed
                    if each["client_properties"].get("connection_name", "").startswith(name)
                ]

            # Jobs, statuses and cancellations; the API's lists are some seconds old.
            eventually(lambda: len(connections()) >= 3, within=60)
            for connection in connections():
                api.delete(f"{rabbitmq_api_url}/connections/{quote(connection, safe='')}")

    return close


def _written(folder: Path) -> list[str]:
    sink = folder / "sink"
    return sink.read_text().splitlines() if sink.exists() else []


@pytest.mark.parametrize("kind", ["sample.act", "sample.alone"])
def test_an_effect_is_not_made_again_when_the_worker_is_killed_before_it_reports(
    submit: Any, start_worker: Any, reports: Any, folder: Path, kind: str
) -> None:
    # Given a job that has had its effect, and not yet reported
    worker = start_worker("--concurrency", "1")
    task = submit("effect", kind=kind, number=600)
    eventually((folder / f"{task}.written").exists, within=60)
    # When its worker is killed and another one runs the job again
    worker.kill()
    start_worker("--concurrency", "1")
    reports.wait_for(task, "succeeded")
    # Then the job ran twice, and its effect happened once
    assert len((folder / "performed").read_text().splitlines()) == 2
    assert _written(folder) == [f"{task}:write"]
    # Nor does a later dispatch repeat it
    submit("effect", kind=kind, task=task, dispatch=2, attempt=2)
    reports.wait_for(task, "succeeded", count=2)
    assert _written(folder) == [f"{task}:write"]


@pytest.mark.parametrize("kind", ["sample.act", "sample.alone"])
def test_a_worker_that_was_frozen_writes_nothing_after_another_has_said_cancelled(
    submit: Any,
    start_worker: Any,
    reports: Any,
    folder: Path,
    cancel: Any,
    close_connections_of: Any,
    kind: str,
) -> None:
    # Given a job that is about to have its effect, in a worker that freezes, with its slots
    frozen = start_worker("--concurrency", "1", "--name", "frozen")
    task = submit("late_effect", kind=kind)
    eventually((folder / f"{task}.begun").exists, within=60)
    family = [psutil.Process(frozen.process.pid)]
    family += family[0].children(recursive=True)
    for process in family:
        process.send_signal(signal.SIGSTOP)
    froze_at = time.monotonic()
    try:
        # And is given up by the broker, and whose task is cancelled by another worker
        close_connections_of("frozen")
        cancel(task)
        start_worker("--concurrency", "1")
        reports.wait_for(task, "cancelled")
        (folder / f"{task}.go").touch()
        time.sleep(max(0.0, froze_at + LONGEST_SILENCE + 1 - time.monotonic()))
    finally:
        # When it goes on, right where it was about to write
        for process in reversed(family):
            process.send_signal(signal.SIGCONT)
    # Then it comes to know before it writes
    frozen.wait_for_log("task was cancelled")
    assert _written(folder) == []


def test_a_job_has_its_effect_when_all_is_well_and_nobody_waits(
    submit: Any, start_worker: Any, reports: Any, folder: Path
) -> None:
    start_worker("--concurrency", "1")
    for kind in ("sample.act", "sample.alone"):
        task = submit("effect", kind=kind)
        reports.wait_for(task, "succeeded")
        assert f"{task}:write" in _written(folder)


@pytest.mark.parametrize("kind", ["sample.act", "sample.alone"])
def test_parts_are_reported_before_the_success_that_they_belong_to(
    submit: Any, start_worker: Any, reports: Any, kind: str
) -> None:
    start_worker("--concurrency", "1")
    task = submit("part", kind=kind)

    success = reports.wait_for(task, "succeeded")

    assert reports.types_of(task) == ["processing", "part", "part", "part", "succeeded"]
    parts = [status.data for status in reports.of(task) if status.type == "task.part"]
    assert [(part.seq, part.artifact.name) for part in parts] == [
        (1, "0.txt"),
        (2, "1.txt"),
        (3, "2.txt"),
    ]
    assert success.data.artifacts == [part.artifact for part in parts]
