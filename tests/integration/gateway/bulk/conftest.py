"""Relay, recorder and housekeeper around the tests' gateway."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.housekeeper import run_housekeeper
from gateway.recorder import run_recorder
from gateway.recording.config import RecorderSettings
from gateway.relay import run_relay
from gateway.relaying.config import RelaySettings
from gateway.sweeping.config import HousekeeperSettings
from tests.program import running_program
from warren.testing.deadline import eventually

_BULK_KINDS = "SELECT 1 FROM job_kinds WHERE kind LIKE 'api.%%' HAVING count(*) >= 4"


@pytest.fixture
def where(database: Any, amqp_url: str, artifacts_folder: Path) -> dict[str, str]:
    """Settings of everything beside the gateway."""
    database.ask("DELETE FROM bulk_actions")
    database.ask("DELETE FROM queue_controls")
    return {
        "database_url": database.url,
        "amqp_url": amqp_url,
        "artifacts_url": str(artifacts_folder),
    }


@pytest.fixture
def moving(client: httpx.Client, where: dict[str, Any]) -> Iterator[None]:
    """Relay and recorder: all but the housekeeper."""
    with ExitStack() as stack:
        stack.enter_context(running_program(run_recorder, RecorderSettings(**where)))
        stack.enter_context(running_program(run_relay, RelaySettings(**where)))
        yield


@pytest.fixture
def house(
    moving: None, where: dict[str, Any], database: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """A housekeeper in this process, which has announced its jobs."""
    monkeypatch.setenv("WARREN_DATABASE_URL", database.url)
    with running_program(run_housekeeper, HousekeeperSettings(**where)):
        eventually(lambda: database.ask(_BULK_KINDS), within=90)
        yield


class HousekeeperProcess:
    """`warren housekeeper` as a process of its own."""

    def __init__(self, where: dict[str, str], log: Path) -> None:
        settings = {f"WARREN_{name.upper()}": value for name, value in where.items()}
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "gateway", "housekeeper"],
                env={**os.environ, **settings},
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def kill(self) -> None:
        """As a crash would, at whatever instruction it is."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(30)


@pytest.fixture
def start_housekeeper(
    moving: None, where: dict[str, str], database: Any, tmp_path: Path
) -> Iterator[Callable[[], HousekeeperProcess]]:
    """Start a housekeeper process; killed at the end of the test."""
    started: list[HousekeeperProcess] = []

    def start() -> HousekeeperProcess:
        log = tmp_path / "housekeeper.log"
        started.append(HousekeeperProcess(where, log))
        eventually(lambda: database.ask(_BULK_KINDS), within=90, seen=log.read_text)
        return started[-1]

    yield start
    for housekeeper in started:
        housekeeper.kill()
