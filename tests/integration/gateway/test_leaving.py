"""The exit code of a gateway; tests/integration/serving has what is true of all servers."""

import signal
import socket
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import urlsplit

import pytest

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


def test_it_is_1_if_a_request_was_cut_off_after_the_time_that_it_is_given(
    gateway_process: Running, database: Any
) -> None:
    with (
        gateway_process(WARREN_SHUTDOWN_TIMEOUT="1") as (url, process),
        _begin_upload(url, database.key()) as client,
    ):
        process.send_signal(signal.SIGTERM)

        assert process.wait(20) == 1
        assert not client.recv(4096).startswith(b"HTTP/1.1 2")
