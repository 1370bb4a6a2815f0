"""The harness's own wires: they forward, and can be cut, stalled and slowed down."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from tests.chaos.links import Links
from tests.chaos.proxy import Proxy, ProxyLoop

TIMEOUT = 5.0


class Echo:
    """A server that sends back what it gets."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(TIMEOUT)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._echo, args=(connection,), daemon=True).start()

    def _echo(self, connection: socket.socket) -> None:
        with connection:
            try:
                while data := connection.recv(1024):
                    connection.sendall(data)
            except OSError:
                return


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    echo = Echo()
    with ProxyLoop() as loop:
        proxy = Proxy(loop, lambda: echo.port)
        yield proxy
        proxy.close()
    echo.close()


@pytest.fixture
def links() -> Iterator[Links]:
    with ProxyLoop() as loop:
        links = Links(loop)
        yield links
        links.close()


def connected(proxy: Proxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=TIMEOUT)


def test_a_process_that_talks_to_no_server_gets_no_wires(links: Links) -> None:
    servers = {
        "WARREN_AMQP_URL": "amqp://a:b@127.0.0.1:5672/",
        "WARREN_DATABASE_URL": "postgresql://a@127.0.0.1:5432/warren",
        "SYNC_CHATBOT_URL": "http://127.0.0.1:9000",
    }

    for process in ("chatbot", "search-node", "sync-worker-1"):
        links.rewire(process, servers)

    of_worker = ["chatbot", "postgres", "rabbitmq"]
    assert links.names == [f"sync-worker-1>{server}" for server in of_worker]


def test_it_forwards_in_both_directions(proxy: Proxy) -> None:
    with connected(proxy) as client:
        client.sendall(b"there and back")

        assert client.recv(100) == b"there and back"


def test_a_cut_ends_connections_and_refuses_new_ones_until_it_is_over(proxy: Proxy) -> None:
    with connected(proxy) as client:
        client.sendall(b"works")
        assert client.recv(100) == b"works"

        proxy.cut()

        assert ended(client)
    with connected(proxy) as refused:
        assert ended(refused)

    proxy.calm()
    with connected(proxy) as again:
        again.sendall(b"works again")
        assert again.recv(100) == b"works again"


def test_a_stall_holds_everything_up_and_loses_nothing(proxy: Proxy) -> None:
    with connected(proxy) as client:
        client.sendall(b"1")
        assert client.recv(1) == b"1"

        proxy.stall()
        client.sendall(b"2")
        client.settimeout(0.3)
        with pytest.raises(TimeoutError):
            client.recv(1)

        proxy.calm()
        client.settimeout(TIMEOUT)
        assert client.recv(1) == b"2"


def test_a_silence_lets_questions_through_and_keeps_the_answers(proxy: Proxy) -> None:
    with connected(proxy) as client:
        client.sendall(b"1")
        assert client.recv(1) == b"1"

        proxy.silence()
        client.sendall(b"2")
        client.settimeout(0.3)
        with pytest.raises(TimeoutError):
            client.recv(1)
        proxy.cut()
        proxy.calm()

        client.settimeout(TIMEOUT)
        assert ended(client)
    with connected(proxy) as again:
        again.sendall(b"3")
        assert again.recv(1) == b"3"


def test_a_delay_lets_everything_through_later(proxy: Proxy) -> None:
    with connected(proxy) as client:
        proxy.delay(0.2)
        began = time.monotonic()
        client.sendall(b"late")

        assert client.recv(100) == b"late"
        assert time.monotonic() - began >= 0.4


def ended(client: socket.socket) -> bool:
    try:
        return client.recv(1) == b""
    except ConnectionResetError:
        return True
