"""Signals are something to ask about, also while one program takes the place of another."""

import subprocess
import sys

FIRST = """
import os, signal, sys
from warren.worker.stop_request import StopRequest
with StopRequest().on_signals() as stop:
    stop.hold_back()
    os.kill(os.getpid(), signal.SIGTERM)
    os.execv(sys.executable, [sys.executable, "-c", sys.argv[1]])
"""
SECOND = """
from warren.testing.deadline import eventually
from warren.worker.stop_request import StopRequest
with StopRequest().on_signals() as stop:
    eventually(lambda: stop.made)
    print("told to stop")
"""


def test_a_signal_that_comes_between_two_programs_waits_for_the_second() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FIRST, SECOND],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert (done.returncode, done.stdout) == (0, "told to stop\n"), done.stderr
