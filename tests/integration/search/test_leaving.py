"""The exit code of a search node; tests/integration/serving has what is true of all servers."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from warren.testing.deadline import eventually

_TOKEN = "token-of-a-test-" * 2


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        number: int = free.getsockname()[1]
        return number


@pytest.fixture
def node(port: int, tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    where = {
        "INDEXER_FOLDER": str(tmp_path / "search"),
        "WARREN_SEARCH_PORT": str(port),
        "WARREN_SEARCH_TOKEN": _TOKEN,
    }
    log = tmp_path / "node.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [Path(sys.executable).parent / "warren", "search-node"],
            env={**os.environ, **where},
            stdout=output,
            stderr=output,
        )
    eventually(lambda: b"Started server" in log.read_bytes(), within=60, seen=log.read_text)
    yield process
    process.kill()
    process.wait(30)


def test_it_is_0_if_nothing_was_left(node: "subprocess.Popen[bytes]") -> None:
    node.send_signal(signal.SIGTERM)

    assert node.wait(20) == 0
