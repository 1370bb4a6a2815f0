"""The child process of a slot: its start, the pipe to it, and its end, however that comes."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import Any

from warren.worker.job_run import Run
from warren.worker.scratch import ScratchFolder
from warren.worker.slot_messages import SpawnAnswer
from warren.worker.stderr_tail import StderrTail
from warren.worker.wear import WireName

#: Killing is instant; only a process that hangs in the kernel needs longer.
_REAP_TIMEOUT = 2.0


class SlotChild:
    """A running `warren.worker.slot` for `kinds`, with a folder of its own for temporary files.

    It is started when this is made (raises OSError), and leads a process group. With a memory limit
    (MiB of private memory) its stderr is kept.
    """

    def __init__(
        self,
        package: str,
        kinds: Iterable[WireName],
        memory_limit: int | None,
        shared: Path | None,
    ) -> None:
        arguments = [
            str(os.getpid()),
            ",".join(f"{kind}@{version}" for kind, version in kinds),
            str(memory_limit or 0),
            *([str(shared)] if shared else []),
        ]
        #: It goes when the child goes.
        self._scratch: ScratchFolder | None = ScratchFolder()
        ours, theirs = Pipe()
        self._connection: Connection | None = ours
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own module
                [
                    *(sys.executable, "-m", "warren.worker.slot"),
                    *(package, str(theirs.fileno()), *arguments),
                ],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stderr=subprocess.PIPE if memory_limit else None,
                env={**os.environ, "TMPDIR": str(self._scratch.path)},
                process_group=0,
            )
        except OSError:
            self._hang_up()
            self._remove_scratch()
            raise
        finally:
            theirs.close()
        stderr = self._process.stderr
        self._stderr = StderrTail(stderr) if stderr is not None else None

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.poll() is None

    def send(self, message: Run | SpawnAnswer) -> None:
        """Tell it something."""
        if self._connection is not None:
            # A broken pipe means a dead child, and reading tells that too.
            with contextlib.suppress(BrokenPipeError):
                self._connection.send(message)

    def receive(self, deadline: float) -> Any:
        """The next message; None when the deadline has passed, EOFError (the class) at the end."""
        if self._connection is None:
            return EOFError
        try:
            if not self._connection.poll(max(0.0, deadline - time.monotonic())):
                return None
            return self._connection.recv()
        except (EOFError, OSError):
            return EOFError

    def ask_to_end(self) -> None:
        """Have the job that it runs end by itself."""
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGUSR1)

    def kill(self) -> None:
        """End it, and what it has started; whoever listens hears of that."""
        if self.alive:
            # Its group, so that helpers of a native library go too.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def leave(self, timeout: float) -> bool:
        """Hang up and wait for it to leave; False if it is still there after `timeout` seconds."""
        self._hang_up()
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            return False
        self._remove_scratch()
        return True

    def end(self) -> str:
        """Make sure that it is gone; says how it ended."""
        self._hang_up()
        with contextlib.suppress(subprocess.TimeoutExpired):
            # A child that has hung up is about to exit, with a code worth telling.
            self._process.wait(0.2 if self.alive else 0)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        code = self._process.wait(_REAP_TIMEOUT)
        self._remove_scratch()
        if code < 0:
            return f"signal {-code} {signal.Signals(-code).name}"
        return f"exit code {code}"

    def last_words(self) -> str:
        """What it wrote at last, once it has ended, where that is kept."""
        return self._stderr.close(_REAP_TIMEOUT) if self._stderr is not None else ""

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _remove_scratch(self) -> None:
        if self._scratch is not None:
            self._scratch.remove()
            self._scratch = None
