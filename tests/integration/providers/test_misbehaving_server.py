"""Calls of a server on a real socket that misbehaves in every way that matters."""

import socket
import threading
from collections.abc import Callable, Iterator

import httpx
import pytest

from warren.errors import PermanentError, TransientError, Unavailable, WarrenError
from warren.providers import HttpProvider, ProviderBoard, ProviderDown

Answer = bytes | None
Serve = Callable[[Answer], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts a server that answers each request with these bytes, or never (None); its URL."""
    servers: list[socket.socket] = []
    closing = threading.Event()

    def run(server: socket.socket, answer: Answer) -> None:
        while not closing.is_set():
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                if answer is None:
                    closing.wait(10)
                else:
                    connection.sendall(answer)

    def start(answer: Answer) -> str:
        server = socket.create_server(("127.0.0.1", 0))
        servers.append(server)
        threading.Thread(target=run, args=(server, answer), daemon=True).start()
        return f"http://127.0.0.1:{server.getsockname()[1]}/speak?key=s3cr3t"

    yield start
    closing.set()
    for server in servers:
        server.shutdown(socket.SHUT_RDWR)
        server.close()


def _status(status: int, header: str = "") -> bytes:
    return f"HTTP/1.1 {status} X\r\n{header}Content-Length: 4\r\n\r\nwhy?".encode()


def _call(provider: HttpProvider, url: str) -> str:
    with provider.calling(), httpx.Client(timeout=0.5) as client:
        return client.post(url, content=b"text").raise_for_status().text


def _error(url: str, provider: HttpProvider | None = None) -> WarrenError:
    with pytest.raises(WarrenError) as caught:
        _call(provider or HttpProvider("speech", ProviderBoard()), url)
    return caught.value


def test_a_good_answer_comes_through(serve: Serve) -> None:
    assert _call(HttpProvider("speech", ProviderBoard()), serve(_status(200))) == "why?"


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, PermanentError),
        (401, PermanentError),
        (404, PermanentError),
        (422, PermanentError),
        (302, PermanentError),
        (408, TransientError),
        (425, TransientError),
        (500, TransientError),
        (502, TransientError),
        (504, TransientError),
        (429, Unavailable),
        (503, Unavailable),
    ],
)
def test_each_status_has_its_meaning(
    serve: Serve, status: int, expected: type[WarrenError]
) -> None:
    error = _error(serve(_status(status)))

    assert isinstance(error, expected)
    assert str(error) == f"speech answered {status}: why?"


@pytest.mark.parametrize(
    "answer",
    [None, b"", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ncut", b"garbage\r\n\r\n"],
)
def test_a_server_that_is_there_and_gives_no_whole_answer_costs_an_attempt(
    serve: Serve, answer: Answer
) -> None:
    assert isinstance(_error(serve(answer)), TransientError)


def test_a_refused_connection_means_waiting() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/"

        assert isinstance(_error(url), Unavailable)


def test_a_request_that_can_never_be_sent_is_not_tried_again() -> None:
    assert isinstance(_error("gopher://127.0.0.1/"), PermanentError)


def test_a_failure_that_names_a_time_spends_an_attempt_and_is_heeded(serve: Serve) -> None:
    provider = HttpProvider("speech", ProviderBoard())
    failing = serve(_status(500, "Retry-After: 17\r\n"))

    assert isinstance(_error(failing, provider), TransientError)

    assert isinstance(_error(failing, provider), ProviderDown)


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_holds_off_every_call_of_the_process(serve: Serve, status: int) -> None:
    provider = HttpProvider("speech", ProviderBoard())
    asked = _error(serve(_status(status, "Retry-After: 17\r\n")), provider)
    assert isinstance(asked, ProviderDown)
    assert asked.retry_after == 17

    held_off = _error(serve(_status(200)), provider)

    assert isinstance(held_off, ProviderDown)
    assert 15 < (held_off.retry_after or 0) <= 17


def test_a_server_that_fails_again_and_again_is_left_alone(serve: Serve) -> None:
    provider = HttpProvider("speech", ProviderBoard(), failures=2, open_seconds=60)
    failing, good = serve(_status(500)), serve(_status(200))
    for _ in range(2):
        assert isinstance(_error(failing, provider), TransientError)

    error = _error(good, provider)

    assert isinstance(error, ProviderDown)
    assert 58 < (error.retry_after or 0) <= 60


def test_an_answer_that_refuses_shows_that_the_server_is_well(serve: Serve) -> None:
    provider = HttpProvider("speech", ProviderBoard(), failures=2, open_seconds=60)
    failing, refusing = serve(_status(500)), serve(_status(404))
    for url in (failing, refusing, failing, refusing):
        assert not isinstance(_error(url, provider), ProviderDown)
