"""A server process known by pid and start time, so that any process may find and end it."""

import os
import signal
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

_POLL = 0.05
#: Start times are computed from the clock, which may have been set since; in seconds.
_CLOCK_STEPS = 2.0


@dataclass(frozen=True, slots=True)
class ServerProcess:
    """`started` (seconds since the epoch) tells it from a later process with the same pid."""

    pid: int
    started: float

    @classmethod
    def spawn(
        cls, command: list[str], environment: Mapping[str, str], log: Path
    ) -> "ServerProcess":
        """Start `command` in a session of its own (a Ctrl-C in the terminal must not reach it),
        with both outputs appended to `log`."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        pid = os.posix_spawn(
            command[0],
            command,
            environment,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, str(log), flags, 0o600),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
            setsid=True,
            setsigmask=[],
            setsigdef=[signal.SIGINT, signal.SIGTERM],
        )
        return cls(pid, psutil.Process(pid).create_time())

    def is_alive(self) -> bool:
        """False for a zombie too, unless threads of it still run and hold its ports."""
        _reap(self.pid)
        try:
            process = psutil.Process(self.pid)
            if abs(process.create_time() - self.started) > _CLOCK_STEPS:
                return False
            return process.status() != psutil.STATUS_ZOMBIE or process.num_threads() > 1
        except psutil.NoSuchProcess:
            return False

    def end(self, patience: float) -> None:
        """Ask it to stop; after `patience` seconds kill it. Returns when it is gone."""
        if self._signal(signal.SIGTERM) and not self._gone_within(patience):
            self.kill()

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone; raises TimeoutError if it is not within 10 s."""
        if self._signal(signal.SIGKILL) and not self._gone_within(10):
            raise TimeoutError(f"process {self.pid} is still there 10 s after SIGKILL")

    def _signal(self, number: signal.Signals) -> bool:
        if not self.is_alive():
            return False
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            return False
        return True

    def _gone_within(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self.is_alive():
            if time.monotonic() > deadline:
                return False
            threading.Event().wait(_POLL)
        return True


def _reap(pid: int) -> None:
    """Collect a child of ours that has ended; another's child is its parent's to collect."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return
