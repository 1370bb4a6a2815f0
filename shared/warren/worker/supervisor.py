"""Runs several copies of one worker command, and starts a copy again when it dies."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from warren.worker.loaded_signal import LoadedSignal
from warren.worker.stop_request import StopRequest

#: Exit code of a command that cannot start as it is configured: starting it again is no use.
MISCONFIGURED = 2
#: Environment variable that tells a copy whose death to follow.
SUPERVISOR_VARIABLE = "WARREN_SUPERVISOR_PID"

_POLL = 0.1
_FIRST_RESTART_DELAY = 0.5
_LONGEST_RESTART_DELAY = 30.0
#: A copy that lived this long was healthy; its next restart does not wait.
_HEALTHY_AFTER = 30.0


@dataclass(slots=True)
class _Copy:
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    loaded: LoadedSignal | None = None
    has_loaded: bool = False
    started_at: float = 0.0
    restart_at: float = 0.0
    restart_delay: float = _FIRST_RESTART_DELAY


class Supervisor:
    """Keeps one child per command; `patience` is how long they may take to stop (seconds).

    Each child is a process group of its own, so that Ctrl-C reaches only the supervisor, which
    passes it on as SIGTERM.
    """

    def __init__(self, commands: Sequence[Sequence[str]], *, patience: float) -> None:
        self._copies = [_Copy(command) for command in commands]
        self._patience = patience
        self._never = threading.Event()
        self._log = structlog.get_logger("warren.worker")

    def run(self, stop: StopRequest) -> int:
        """Supervise until `stop` is made; 0 if every child then ended well.

        Returns MISCONFIGURED, and ends all, as soon as one child ends with that code before any has
        got as far as working. Later no child's end, with whatever code, ends its siblings.
        """
        for copy in self._copies:
            self._start(copy)
        while not stop.made:
            for copy in self._copies:
                if self._look_after(copy) == MISCONFIGURED and not self._has_any_loaded():
                    self._stop_all(stop)
                    return MISCONFIGURED
            self._never.wait(_POLL)
        return self._stop_all(stop)

    def pids(self) -> list[int]:
        """The children that live."""
        return [copy.process.pid for copy in self._copies if copy.process is not None]

    def _start(self, copy: _Copy) -> None:
        if copy.loaded is not None:
            copy.has_loaded = copy.has_loaded or copy.loaded.came
            copy.loaded.close()
        loaded = copy.loaded = LoadedSignal()
        environment = {**os.environ, SUPERVISOR_VARIABLE: str(os.getpid()), **loaded.environment}
        copy.process = subprocess.Popen(  # noqa: S603 - the command that runs this very process
            copy.command, env=environment, process_group=0, pass_fds=[loaded.writer]
        )
        loaded.started()
        copy.started_at = time.monotonic()

    def _has_any_loaded(self) -> bool:
        for copy in self._copies:
            copy.has_loaded = copy.has_loaded or (copy.loaded is not None and copy.loaded.came)
        return any(copy.has_loaded for copy in self._copies)

    def _look_after(self, copy: _Copy) -> int | None:
        """Notice an end, and start again when it is time; the exit code if it has just ended."""
        now = time.monotonic()
        if copy.process is None:
            if now >= copy.restart_at:
                self._start(copy)
            return None
        code = copy.process.poll()
        if code is None:
            return None
        healthy = now - copy.started_at >= _HEALTHY_AFTER
        delay = _FIRST_RESTART_DELAY if healthy else copy.restart_delay
        copy.restart_delay = min(2 * delay, _LONGEST_RESTART_DELAY)
        copy.restart_at = now + delay
        self._log.error(
            "a worker process died and will be started again",
            pid=copy.process.pid,
            code=code,
            delay=delay,
        )
        copy.process = None
        return code

    def _stop_all(self, stop: StopRequest) -> int:
        processes = [copy.process for copy in self._copies if copy.process is not None]
        deadline = time.monotonic() + self._patience
        self._tell(processes, signal.SIGTERM)
        told_twice = False
        while time.monotonic() < deadline and any(p.poll() is None for p in processes):
            if stop.urgent and not told_twice:
                self._tell(processes, signal.SIGTERM)
                told_twice = True
            self._never.wait(_POLL)
        for process in processes:
            if process.poll() is None:
                self._log.error("a worker process did not stop and is killed", pid=process.pid)
        self._tell(processes, signal.SIGKILL)
        codes = [process.wait() for process in processes]
        for copy in self._copies:
            if copy.loaded is not None:
                copy.loaded.close()
        return 1 if any(codes) else 0

    @staticmethod
    def _tell(processes: Sequence["subprocess.Popen[bytes]"], number: signal.Signals) -> None:
        for process in processes:
            if process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    process.send_signal(number)
