"""The exit code of a search node says whether it answered what it was asked."""

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


def _begin_question(port: int) -> socket.socket:
    """A question that the node has begun to read, and of which no more comes."""
    client = socket.create_connection(("127.0.0.1", port), timeout=20)
    head = (
        f"POST /search/product HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {_TOKEN}\r\n"
        "Content-Type: application/json\r\nContent-Length: 1000\r\nExpect: 100-continue\r\n\r\n"
    )
    client.sendall(head.encode())
    assert b" 100 " in client.recv(4096)
    return client


def _listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def test_it_is_0_if_nothing_was_left(node: "subprocess.Popen[bytes]") -> None:
    node.send_signal(signal.SIGTERM)

    assert node.wait(20) == 0


def test_it_is_1_if_an_answer_was_cut_off(node: "subprocess.Popen[bytes]", port: int) -> None:
    with _begin_question(port):
        node.send_signal(signal.SIGINT)
        # Two signals of one number are one as long as nobody has taken the first.
        eventually(lambda: not _listens(port))
        node.send_signal(signal.SIGINT)

        assert node.wait(20) == 1
