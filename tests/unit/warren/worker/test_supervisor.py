"""Several copies of a command, with real children."""

import os
import sys
import threading
from pathlib import Path

import pytest

from warren.testing.deadline import eventually
from warren.worker.stop_request import StopRequest
from warren.worker.supervisor import MISCONFIGURED, Supervisor


def _child(*lines: str) -> list[str]:
    return [sys.executable, "-c", "\n".join(["import os, pathlib, signal, sys, time", *lines])]


SLEEP = _child("time.sleep(60)")


def _ready(folder: Path, handler: str) -> list[str]:
    """A child that handles SIGTERM in some way, and leaves a file when it is ready to."""
    return _child(
        f"signal.signal(signal.SIGTERM, {handler})",
        f"pathlib.Path({str(folder)!r}, str(os.getpid())).touch()",
        "time.sleep(60)",
    )


class _Running:
    def __init__(self, supervisor: Supervisor) -> None:
        self.supervisor, self.stop, self.code = supervisor, StopRequest(), -1
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        self.code = self.supervisor.run(self.stop)

    def ended(self) -> int:
        self._thread.join(20)
        assert not self._thread.is_alive()
        return self.code


def test_a_child_that_dies_is_replaced_and_its_sibling_is_not_touched(tmp_path: Path) -> None:
    polite = _ready(tmp_path, "lambda *_: sys.exit(0)")
    running = _Running(Supervisor([polite, polite], patience=10))
    eventually(lambda: len(list(tmp_path.iterdir())) == 2)
    first, second = running.supervisor.pids()

    os.kill(first, 9)
    eventually(lambda: len(list(tmp_path.iterdir())) == 3)

    assert second in running.supervisor.pids()
    assert first not in running.supervisor.pids()
    running.stop.make()
    assert running.ended() == 0


def test_a_child_that_must_be_killed_shows_in_the_exit_code(tmp_path: Path) -> None:
    running = _Running(Supervisor([_ready(tmp_path, "signal.SIG_IGN")], patience=0.5))
    eventually(lambda: len(list(tmp_path.iterdir())) == 1)

    running.stop.make()

    assert running.ended() == 1


def test_a_misconfigured_child_ends_all_of_them() -> None:
    misconfigured = _child(f"sys.exit({MISCONFIGURED})")
    running = _Running(Supervisor([SLEEP, misconfigured], patience=10))

    assert running.ended() == MISCONFIGURED


def test_a_job_that_ends_its_process_with_that_code_does_not_end_the_siblings(
    tmp_path: Path,
) -> None:
    # Given two copies that are configured well
    working = _ready(tmp_path, "lambda *_: sys.exit(0)")
    loaded = "from warren.worker.loaded_signal import tell_loaded; tell_loaded()"
    dying = _child(
        loaded, f"pathlib.Path({str(tmp_path)!r}, str(os.getpid())).touch()",
        f"sys.exit({MISCONFIGURED})",
    )  # fmt: skip
    # When one ends again and again with the code of a misconfigured one
    running = _Running(Supervisor([working, dying], patience=10))
    eventually(lambda: len(running.supervisor.pids()) == 2)
    sibling = running.supervisor.pids()[0]
    eventually(lambda: len(list(tmp_path.iterdir())) >= 3)
    # Then it is started again, and the other lives
    assert running.supervisor.pids()[0] == sibling
    running.stop.make()
    assert running.ended() in (0, 1)


@pytest.mark.parametrize(("count", "made", "urgent"), [(0, 0, 0), (1, 1, 0), (2, 1, 1)])
def test_stopping_once_is_a_wish_and_twice_means_now(count: int, made: int, urgent: int) -> None:
    stop = StopRequest()
    for _ in range(count):
        stop.make()

    assert (stop.made, stop.urgent) == (bool(made), bool(urgent))
