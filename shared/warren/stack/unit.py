"""What a stack consists of: programs of ours, and the servers that they need."""

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from warren.stack.logs import keep_small


class Unit(Protocol):
    """One process, or what looks like one, that can be started again and again."""

    @property
    def name(self) -> str:
        """Unique within the stack."""

    @property
    def log(self) -> Path:
        """The file with its output."""

    @property
    def pid(self) -> int | None:
        """None while it does not run."""

    def start(self) -> None:
        """Return when it is started (a server: when it answers)."""

    def stop(self, patience: float) -> None:
        """End it in good order, by force after `patience` seconds; nothing to do is fine."""

    def kill(self) -> None:
        """End it and all that is left of it by SIGKILL; nothing to do is fine."""

    def ending(self) -> str:
        """How it ended, in a few words."""


class Program:
    """A command of ours as a child process, with its output in a log.

    The child is killed when the thread that called `start` ends, however it ends: nothing is left
    over when the stack is killed. It leads a session of its own, so that a Ctrl-C in the terminal
    reaches only the stack, which then stops its parts in order.
    """

    def __init__(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], log: Path
    ) -> None:
        self.name = name
        self.log = log
        self.command = list(command)
        self.environment = dict(environment)
        self._child: subprocess.Popen[bytes] | None = None
        self._swept = False

    @property
    def pid(self) -> int | None:
        """The process id, None when it has ended."""
        if self._child is None or self._child.poll() is not None:
            return None
        keep_small(self.log)
        return self._child.pid

    def start(self) -> None:
        """Spawn the process; raises OSError when that is impossible."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(  # noqa: S603 - a command of ours, no shell
                [*_dies_with_its_parent(), *self.command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.environment,
                start_new_session=True,
            )
        self._swept = False

    def stop(self, patience: float) -> None:
        """SIGTERM, and after `patience` seconds SIGKILL."""
        if self._child is not None and self._child.poll() is None:
            self._child.terminate()
            try:
                self._child.wait(patience)
            except subprocess.TimeoutExpired:
                self.kill()
        self._sweep()

    def kill(self) -> None:
        """SIGKILL for the process and whatever it has left in its session's group."""
        self._sweep()
        if self._child is not None:
            self._child.wait(10)

    def ending(self) -> str:
        """Exit code or signal."""
        code = self._child.poll() if self._child else None
        if code is None:
            return "still runs"
        return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"

    def _sweep(self) -> None:
        # Once for each start, and at once: later the number may belong to another group.
        if self._child is None or self._swept:
            return
        self._swept = True
        try:
            os.killpg(self._child.pid, signal.SIGKILL)
        except ProcessLookupError:
            return


class StackServer(Protocol):
    """What the embedded database and the private broker have in common."""

    @property
    def pid(self) -> int | None: ...
    def start(self) -> str: ...
    def stop(self) -> None: ...
    def kill(self) -> None: ...


class Server:
    """An embedded server whose whole state lies in one folder, as a unit of the stack."""

    def __init__(self, name: str, server: StackServer, log: Path) -> None:
        self.name = name
        self.log = log
        self.url = ""
        self._server = server

    @property
    def pid(self) -> int | None:
        """The server's process, None when it has ended."""
        keep_small(self.log)
        return self._server.pid

    def start(self) -> None:
        """Start the server and wait until it answers; takes over one that was left running."""
        self.url = self._server.start()

    def stop(self, patience: float) -> None:
        """Shut it down cleanly; the server has a patience of its own, unless ours is 0."""
        if patience:
            self._server.stop()
        else:
            self._server.kill()

    def kill(self) -> None:
        """As a power failure would."""
        self._server.kill()

    def ending(self) -> str:
        """How is written in its log."""
        return "ended by itself"


#: Ends at once when the parent died before the kernel knew what to do then.
_IF_PARENT_LIVES = '[ "$PPID" = "$0" ] && exec "$@"'


def _dies_with_its_parent() -> list[str]:
    """A prefix that asks the kernel for SIGKILL when the parent is gone, then becomes the command.

    Without that tool (it is part of every Debian) the next start cleans up instead.
    """
    tool = shutil.which("setpriv")
    if tool is None:
        return []
    return [tool, "--pdeathsig", "KILL", "--", "/bin/sh", "-c", _IF_PARENT_LIVES, str(os.getpid())]
