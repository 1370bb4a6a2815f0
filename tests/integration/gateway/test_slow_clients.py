"""Clients that hold connections without asking for anything, over raw sockets."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import uvicorn

from gateway import json_body
from gateway.config import GatewaySettings
from gateway.server import listen, web_config
from warren.testing.deadline import eventually

pytestmark = pytest.mark.postgres
PATIENCE = 1.0
#: The whole answer, with much room for a slow machine; far less than a client could hold out.
SOON = 15.0


@pytest.fixture
def address(settings: GatewaySettings) -> Iterator[tuple[str, int]]:
    """A gateway served as `warren gateway` serves it, with little patience."""
    listening = listen("127.0.0.1", 0)
    hurried = settings.model_copy(
        update={"header_timeout": PATIENCE, "reader_timeout": PATIENCE, "shutdown_timeout": 1}
    )
    server = uvicorn.Server(web_config(hurried))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    eventually(lambda: server.started)
    yield listening.getsockname()
    server.should_exit = True
    thread.join(20)
    listening.close()
    assert not thread.is_alive()


def _rest(client: socket.socket) -> bytes:
    """What comes until the other side closes."""
    client.settimeout(SOON)
    answer = b""
    while chunk := client.recv(4096):
        answer += chunk
    return answer


@pytest.mark.parametrize("first", [b"", b"GET /healthz HTTP/1.1\r\nHost: a\r\n", b"\r\n"])
def test_a_client_that_does_not_finish_its_headers_is_cut_off(
    address: tuple[str, int], first: bytes
) -> None:
    with socket.create_connection(address, timeout=SOON) as client:
        # Given a client that has sent a part of its headers, or nothing
        if first:
            client.sendall(first)
        # When it sends no more
        answer = _rest(client)
    # Then it is told why, and loses its connection
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"not complete after 1 s" in answer


def test_headers_that_come_byte_by_byte_do_not_stretch_the_time(address: tuple[str, int]) -> None:
    began = time.monotonic()
    with socket.create_connection(address, timeout=SOON) as client:
        client.sendall(b"GET /healthz HTTP/1.1\r\nX: ")
        client.settimeout(0.1)
        answer = b""
        # When one byte comes every tenth of a second
        while not answer:
            assert time.monotonic() - began < SOON
            client.sendall(b"a")
            try:
                answer = client.recv(4096)
            except TimeoutError:
                continue
    assert answer.startswith(b"HTTP/1.1 408 ")


def test_headers_without_end_are_refused(address: tuple[str, int]) -> None:
    with socket.create_connection(address, timeout=SOON) as client:
        # Given exactly one byte too many, so that nothing is left unread
        line = b"GET /healthz HTTP/1.1\r\nX-Long: "
        client.sendall(line + b"a" * (64 * 1024 + 1 - len(line)))
        answer = client.recv(4096)
    assert answer.startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize("sent", [b"", b'{"kind": "tts.synthesize", '])
def test_a_body_that_stops_is_cut_off(
    address: tuple[str, int], database: Any, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(json_body, "_READ_TIMEOUT", PATIENCE)
    head = f"POST /api/v1/tasks HTTP/1.1\r\nHost: a\r\nX-API-Key: {database.key()}\r\n"
    with socket.create_connection(address, timeout=SOON) as client:
        # Given a client that has announced a body
        client.sendall(f"{head}Content-Length: 1000\r\n\r\n".encode() + sent)
        # When no more of it comes, Then it is told why
        client.settimeout(SOON)
        assert client.recv(4096).startswith(b"HTTP/1.1 408 ")
    assert database.count("tasks") == 0


def test_a_connection_may_rest_between_requests_and_be_slow_within_its_time(
    address: tuple[str, int],
) -> None:
    with httpx.Client(base_url=f"http://{address[0]}:{address[1]}", trust_env=False) as client:
        # Given a connection that was used, and then rests for longer than headers may take
        assert client.get("/healthz").status_code == 200
        threading.Event().wait(2 * PATIENCE)
        # When it is used again, Then it still serves
        assert client.get("/healthz").status_code == 200
    with socket.create_connection(address, timeout=SOON) as slow:
        # And two requests on one connection, each in pieces, are answered one after the other
        for _ in range(2):
            for piece in (b"GET /healthz HTTP/1.1\r\n", b"Host: a\r\n", b"\r\n"):
                slow.sendall(piece)
            assert slow.recv(4096).startswith(b"HTTP/1.1 200 ")


def test_a_client_that_takes_nothing_of_an_answer_is_cut_off(
    address: tuple[str, int], connect: Callable[[str, str], httpx.Client], database: Any
) -> None:
    # Given a file that is larger than all buffers between us
    size, key = 32 * 1024 * 1024, database.key()
    client = connect("http://{}:{}".format(*address), key)
    url = client.post("/api/v1/artifacts", content=bytes(size)).json()["url"]
    with socket.socket() as reader:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.connect(address)
        # When a client asks for it, and reads nothing
        reader.sendall(f"GET {url} HTTP/1.1\r\nHost: a\r\nX-API-Key: {key}\r\n\r\n".encode())
        eventually(lambda: _open_requests(client) == 2)
        eventually(lambda: _open_requests(client) == 1)
        # Then it finds no more than what lay in the buffers
        assert 0 < len(_rest(reader)) < size


def _open_requests(client: httpx.Client) -> float:
    """Counts the one that asks."""
    lines = client.get("/metrics").text.splitlines()
    return float(next(line for line in lines if line.startswith("warren_http_requests_open "))[26:])
