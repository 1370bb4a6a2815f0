"""A worker says at its start which jobs it does, and how."""

import io
from typing import ClassVar

import pytest
import structlog
from rich.text import Text

from warren.cli.job_table import list_jobs, row_of
from warren.contracts.job import Job
from warren.contracts.lanes import Lane, Pool
from warren.worker import JobContext, Worker
from warren.worker.catalogue import Service


class Ping(Job):
    kind: ClassVar[str] = "sample.ping"


class PingWorker(Worker[Ping, None]):
    lane = Lane.LOW
    pool = Pool.GPU
    max_retries = 1
    time_limit = 10
    rate_limit = "10/s"
    concurrency_key = "{customer_id}"
    cron_schedule = "*/10 * * * *"

    def perform(self, job: Ping, context: JobContext) -> None:
        return None


class Terminal(io.StringIO):
    """A stream that calls itself a terminal."""

    def isatty(self) -> bool:
        return True


SERVICE = Service("sample", "sample_worker", "1", {("sample.ping", 1): PingWorker})


def test_a_row_says_lane_retries_limits_and_schedule() -> None:
    assert row_of(PingWorker) == [
        "sample.ping",
        "1",
        "gpu.low",
        "1 after 1 s doubled to 600 s",
        "9/10 s, 10/s by kind, 1 at once by {customer_id}",
        "*/10 * * * * UTC",
        "-",
    ]


def test_a_terminal_gets_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    terminal = Terminal()

    list_jobs(SERVICE, terminal)

    heading, row = Text.from_ansi(terminal.getvalue()).plain.splitlines()[:2]
    assert heading.split()[:3] == ["kind", "version", "lane"]
    assert row.startswith("sample.ping")


def test_a_log_gets_a_line_for_each_job() -> None:
    with structlog.testing.capture_logs() as lines:
        list_jobs(SERVICE, io.StringIO())

    assert [(line["event"], line["kind"], line["lane"]) for line in lines] == [
        ("job", "sample.ping", "gpu.low")
    ]
