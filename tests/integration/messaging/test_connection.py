"""A connection whose peer misbehaves."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from warren.messaging import connection as connection_module
from warren.messaging.publisher import Publisher
from warren.messaging.topology import STATUS_QUEUE
from warren.testing.deadline import eventually

pytestmark = pytest.mark.rabbitmq


@pytest.fixture
def silent_server() -> Iterator[socket.socket]:
    """Accepts connections, as far as the kernel does, and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def _publisher(server: socket.socket, timeout: float = 20.0) -> Publisher:
    port = server.getsockname()[1]
    return Publisher(f"amqp://guest:guest@127.0.0.1:{port}/%2F", name="test", timeout=timeout)


@pytest.mark.parametrize("wait", [0.0, 0.002, 0.05])
def test_closing_does_not_wait_for_a_peer_that_never_answered(
    silent_server: socket.socket, wait: float
) -> None:
    # Given a publisher in the middle of connecting
    publisher = _publisher(silent_server)
    publisher.start()
    threading.Event().wait(wait)  # any moment will do; these are different ones
    # When it is closed
    started = time.monotonic()
    publisher.close(timeout=30)
    # Then it does not use up its patience
    assert time.monotonic() - started < 15


@pytest.mark.parametrize("wait", [0.0, 0.001, 0.002, 0.003, 0.005, 0.01])
def test_closing_while_connecting_is_quick(amqp_url: str, wait: float) -> None:
    # Given a publisher somewhere on the way to its connection
    publisher = Publisher(amqp_url, name="test", timeout=20)
    publisher.start()
    threading.Event().wait(wait)  # any moment will do; these are different ones
    # When it is closed
    started = time.monotonic()
    publisher.close(timeout=30)
    # Then it does not use up its patience
    assert time.monotonic() - started < 15


def test_a_peer_that_never_answers_is_given_up_and_tried_again(
    silent_server: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a short patience and a silent peer
    monkeypatch.setattr(connection_module, "SETUP_TIMEOUT", 0.3)
    publisher = _publisher(silent_server)
    silent_server.settimeout(10)
    publisher.start()
    # When it has not answered in time
    accepted = [silent_server.accept()[0] for _ in range(3)]
    # Then there were further attempts
    assert len(accepted) == 3
    publisher.close(timeout=5)
    for peer in accepted:
        peer.close()


def test_without_a_broker_messages_fail_when_their_time_is_up() -> None:
    # Given no broker at all
    publisher = Publisher("amqp://guest:guest@127.0.0.1:1/%2F", name="test", timeout=0.5)
    publisher.start()
    # When a message is published
    future = publisher.publish(STATUS_QUEUE, b"{}")
    # Then it fails in time, and says that it never left
    assert "no broker in time" in str(future.exception(timeout=5))
    publisher.close(timeout=5)


def test_a_wrong_password_is_told_and_tried_again(
    amqp_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    # Given a publisher with a wrong password
    host = amqp_url.rpartition("@")[2]
    publisher = Publisher(f"amqp://warren:wrong@{host}", name="test", timeout=20)
    # When it starts
    publisher.start()
    said: list[str] = []

    def mentioned() -> bool:
        said.append(capsys.readouterr().out)
        return "ACCESS_REFUSED" in "".join(said)

    # Then the log names the reason, in one line each time
    eventually(mentioned)
    assert "Traceback" not in "".join(said)
    publisher.close(timeout=5)
