"""Whatever an HTTP client takes for an answer is one."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import BadStatusLine, HTTPException, RemoteDisconnected

import pytest

from warren.worker.http_status import status_of

_HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"


@contextmanager
def _answering(*pieces: bytes, closes: bool = False) -> Iterator[str]:
    """Who reads a request, answers it piece by piece, and may close then."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            connected, _ = listening.accept()
            with connected:
                connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connected.recv(4096)
                for piece in pieces:
                    connected.sendall(piece)
                if not closes:
                    connected.recv(1)

        answering = threading.Thread(target=answer, daemon=True)
        answering.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/readyz"
        answering.join(5)


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ([b"HTTP/1.1 200 OK\nServer: old\n\nOK"], 200),
        ([b"HTTP/1.0 503 Unavailable\n\r\n"], 503),
        ([b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"], 204),
        ([b"HTTP/1.1 100 Continue\n\n", _HINTS[:20], _HINTS[20:], b"HTTP/1.1 503 No\r\n\r\n"], 503),
        ([b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: a\r\n\r\n"], 101),
    ],
)
def test_the_status_of_the_last_head_is_told(answer: list[bytes], status: int) -> None:
    with _answering(*answer) as url:
        assert status_of(url, {}, 5) == status


@pytest.mark.parametrize(
    ("answer", "refusal"), [(_HINTS, RemoteDisconnected), (b"SSH-2.0-a\r\n\r\n", BadStatusLine)]
)
def test_what_says_that_an_answer_will_come_is_none(
    answer: bytes, refusal: type[HTTPException]
) -> None:
    with _answering(answer, closes=True) as url, pytest.raises(refusal):
        status_of(url, {}, 5)


def test_a_status_is_one_although_its_head_ends_in_the_middle() -> None:
    with _answering(b"HTTP/1.1 200 OK\r\nServer: o", closes=True) as url:
        assert status_of(url, {}, 5) == 200
