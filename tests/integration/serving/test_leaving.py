"""The exit code of a server says what became of the requests that it had begun."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from warren.testing.deadline import eventually

_PROGRAM = Path(__file__).with_name("program.py")
_BODY = b"a" * 1000
Process = subprocess.Popen[bytes]


@contextmanager
def _serving(patience: int) -> Iterator[Process]:
    process = subprocess.Popen([sys.executable, _PROGRAM, str(patience)], stdout=subprocess.PIPE)
    with process:
        try:
            yield process
        finally:
            process.kill()


def _port(process: Process) -> int:
    assert process.stdout is not None
    return int(process.stdout.readline())


def _begin_request(port: int) -> socket.socket:
    """A request that the server has begun to read, and of which no more comes by itself."""
    client = socket.create_connection(("127.0.0.1", port), timeout=20)
    head = f"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {len(_BODY)}\r\n"
    client.sendall(f"{head}Expect: 100-continue\r\n\r\n".encode())
    assert b" 100 " in client.recv(4096)
    return client


def _listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def test_it_is_0_if_nothing_was_left() -> None:
    with _serving(patience=60) as process:
        _port(process)
        process.send_signal(signal.SIGTERM)

        assert process.wait(20) == 0


def test_it_is_0_if_all_was_answered() -> None:
    with _serving(patience=60) as process, _begin_request(port := _port(process)) as client:
        # Given a server that has been told to leave
        process.send_signal(signal.SIGTERM)
        eventually(lambda: not _listens(port))

        # When the rest of a request comes that it had begun
        client.sendall(_BODY)

        assert client.recv(4096).startswith(b"HTTP/1.1 204")
        assert process.wait(20) == 0


@pytest.mark.parametrize(
    ("patience", "signals"),
    [(1, [signal.SIGTERM]), (60, [signal.SIGINT, signal.SIGINT])],
    ids=["longer than it waits", "told twice to leave"],
)
def test_it_is_1_if_a_request_was_cut_off(patience: int, signals: list[signal.Signals]) -> None:
    with _serving(patience) as process, _begin_request(port := _port(process)) as client:
        for number in signals:
            process.send_signal(number)
            # Two signals of one number are one as long as nobody has taken the first.
            eventually(lambda: not _listens(port))

        assert process.wait(20) == 1
        assert not client.recv(4096).startswith(b"HTTP/1.1 2")


def test_it_is_1_if_the_application_did_not_start() -> None:
    with _serving(patience=0) as process:
        assert process.wait(20) == 1
