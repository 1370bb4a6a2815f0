import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from warren.stack.errors import PortTaken
from warren.stack.ports import HOST, choose_port, free_port, remember


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that another program listens on."""
    with socket.socket() as server:
        server.bind((HOST, free_port()))
        server.listen()
        yield int(server.getsockname()[1])


def test_a_restart_keeps_its_port(tmp_path: Path) -> None:
    file = tmp_path / ".warren" / "ports.json"

    assert choose_port(file, "gateway") == choose_port(file, "gateway")


def test_a_remembered_port_that_is_taken_meanwhile_is_replaced(tmp_path: Path, taken: int) -> None:
    file = tmp_path / "ports.json"
    file.write_text(f'{{"gateway": {taken}}}')

    assert choose_port(file, "gateway") != taken


def test_a_port_that_is_kept_for_another_program_is_given_to_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given two ports that are free, one of them kept for the broker
    first, second = free_port(), free_port()
    file = tmp_path / "ports.json"
    remember(file, {"rabbitmq amqp": first})
    monkeypatch.setattr("warren.stack.ports._CANDIDATES", [first, second])
    # When the gateway gets one, Then it is the other
    assert choose_port(file, "gateway") == second


def test_a_wanted_port_that_is_taken_is_an_error_that_says_what_to_do(
    tmp_path: Path, taken: int
) -> None:
    with pytest.raises(PortTaken, match=f"port {taken} is taken by another program: choose"):
        choose_port(tmp_path / "ports.json", "gateway", wanted=taken)


def test_a_torn_file_counts_as_no_memory(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    file.write_text('{"gatew')

    assert choose_port(file, "gateway") > 0
