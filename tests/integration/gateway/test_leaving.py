"""The exit code of a gateway says whether it finished what it had begun."""

import signal
import socket
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import urlsplit

import pytest

from warren.testing.deadline import eventually

pytestmark = pytest.mark.postgres
Running = Callable[..., AbstractContextManager[tuple[str, Any]]]


def _begin_upload(url: str, key: str) -> socket.socket:
    """An upload that the gateway has begun to read, and of which no more comes."""
    address = urlsplit(url)
    client = socket.create_connection((address.hostname, address.port), timeout=20)
    head = (
        f"POST /api/v1/artifacts HTTP/1.1\r\nHost: a\r\nX-API-Key: {key}\r\n"
        "Content-Length: 1000\r\nExpect: 100-continue\r\n\r\n"
    )
    client.sendall(head.encode())
    assert b" 100 " in client.recv(4096)
    return client


def _listens(url: str) -> bool:
    address = urlsplit(url)
    with socket.socket() as client:
        return client.connect_ex((address.hostname, address.port)) == 0


def test_it_is_0_if_nothing_was_left(gateway_process: Running) -> None:
    with gateway_process() as (_, process):
        process.send_signal(signal.SIGTERM)

        assert process.wait(20) == 0


@pytest.mark.parametrize(
    ("patience", "signals"),
    [("1", [signal.SIGTERM]), ("60", [signal.SIGINT, signal.SIGINT])],
    ids=["longer than it waits", "told twice to leave"],
)
def test_it_is_1_if_a_request_was_cut_off(
    gateway_process: Running, database: Any, patience: str, signals: list[signal.Signals]
) -> None:
    with (
        gateway_process(WARREN_SHUTDOWN_TIMEOUT=patience) as (url, process),
        _begin_upload(url, database.key()) as client,
    ):
        for number in signals:
            process.send_signal(number)
            # Two signals of one number are one as long as nobody has taken the first
            eventually(lambda: not _listens(url))

        assert process.wait(20) == 1
        assert not client.recv(4096).startswith(b"HTTP/1.1 2")
