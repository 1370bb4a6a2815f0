import random
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from warren.stack.errors import PortTaken
from warren.stack.ports import HOST, choose_port, free_port, is_free, remember, reserve

#: Between those that other tests choose from, and those of outgoing connections.
_UNUSED, _UNUSED_BY_MANY = range(32_700, 32_768), range(32_000, 32_700, 16)


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
    first, second, *_ = filter(is_free, _UNUSED)
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


def test_processes_that_choose_at_the_same_moment_choose_different_ports() -> None:
    # Given processes that choose two of few ports each, and have no server listen yet
    chooser = """
import sys
from warren.stack import ports
ports._CANDIDATES = range(int(sys.argv[1]), int(sys.argv[1]) + 16)
input()
print(ports.free_port(), ports.free_port(), flush=True)
input()
"""
    first = next(
        port
        for port in random.sample(_UNUSED_BY_MANY, len(_UNUSED_BY_MANY))
        if all(map(is_free, range(port, port + 16)))
    )
    command = [sys.executable, "-c", chooser, str(first)]
    running = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]

    def say(process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None
        process.stdin.write("go on\n")
        process.stdin.flush()

    try:
        # When all do so at once
        for process in running:
            say(process)
        chosen = [
            int(port)
            for process in running
            if process.stdout
            for port in process.stdout.readline().split()
        ]
        # Then no two have the same
        assert len(set(chosen)) == 8, chosen
        # And what one of them has chosen is not to be had, until it ends
        assert not reserve(chosen[0])
        for process in running:
            say(process)
            assert process.wait(10) == 0
        assert reserve(chosen[0])
    finally:
        for process in running:
            process.kill()
            process.communicate()


def test_a_torn_file_counts_as_no_memory(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    file.write_text('{"gatew')

    assert choose_port(file, "gateway") > 0
