"""A recorder that stands still holds what it was handed only for two or three heartbeats."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest

from warren.contracts.status import encode_statuses
from warren.messaging.publisher import Publisher
from warren.messaging.topology import STATUS_QUEUE
from warren.testing.deadline import eventually

pytestmark = [pytest.mark.rabbitmq, pytest.mark.postgres, pytest.mark.slow]
TASKS = 200
#: Three heartbeats, and what a loaded machine adds.
FREE_AGAIN = 40.0

Start = Callable[[str], "subprocess.Popen[bytes]"]


@pytest.fixture
def start_recorder(database_url: str, amqp_url: str, tmp_path: Path) -> Iterator[Start]:
    with ExitStack() as stack:

        def start(name: str) -> "subprocess.Popen[bytes]":
            log = stack.enter_context((tmp_path / f"{name}.log").open("wb"))
            process = subprocess.Popen(
                [sys.executable, "-m", "gateway", "recorder"],
                env={
                    **os.environ,
                    "WARREN_DATABASE_URL": database_url,
                    "WARREN_AMQP_URL": amqp_url,
                },
                stdout=log,
                stderr=log,
            )
            stack.callback(process.wait, 30)
            stack.callback(process.kill)
            return process

        yield start


def test_what_a_frozen_recorder_was_handed_is_recorded_by_another(
    start_recorder: Start, database: psycopg.Connection[Any], amqp_url: str, tasks: Any,
    statuses: Any,
) -> None:  # fmt: skip
    # Given two recorders that beat, one of which freezes
    frozen = start_recorder("frozen")
    start_recorder("other")
    beating = "SELECT count(*) AS number FROM workers WHERE name = 'recorder'"
    eventually(lambda: (database.execute(beating).fetchone() or {})["number"] == 2, within=60)
    os.kill(frozen.pid, signal.SIGSTOP)

    # When statuses come, of which the broker hands it a share
    dispatched = tasks.dispatched(TASKS)
    publisher = Publisher(amqp_url, name="test", timeout=30)
    publisher.start()
    sent = [
        publisher.publish(STATUS_QUEUE, encode_statuses([statuses.succeeded(task)]))
        for task in dispatched
    ]
    for future in sent:
        future.result(30)
    publisher.close(5)

    # Then all are recorded before long
    done = "SELECT count(*) AS number FROM tasks WHERE state = 'succeeded'"
    eventually(
        lambda: (database.execute(done).fetchone() or {})["number"] == TASKS,
        within=FREE_AGAIN,
        seen=lambda: database.execute(done).fetchone(),
    )
