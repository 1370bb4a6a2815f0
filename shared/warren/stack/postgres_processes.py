"""Which processes serve one PostgreSQL data folder, whoever started them."""

import threading
from pathlib import Path

import psutil

_POLL = 0.02


class PostgresProcesses:
    """Finds server processes by their working folder, which PostgreSQL sets to its data folder.

    A pid file alone proves nothing: after a power failure its number may belong to anybody.
    """

    def __init__(self, data: Path) -> None:
        self._data = data
        self._pid_file = data / "postmaster.pid"

    def postmaster(self) -> psutil.Process | None:
        """The running server process, None when there is none."""
        lines = self._pid_lines()
        try:
            process = psutil.Process(int(lines[0]))
            if process.cwd() == str(self._data) and process.status() != psutil.STATUS_ZOMBIE:
                return process
        except (IndexError, ValueError, psutil.Error):
            return None
        return None

    def answers(self) -> bool:
        """Whether the server has written that it accepts connections."""
        lines = self._pid_lines()
        return len(lines) >= 8 and lines[7].strip() == "ready" and self.postmaster() is not None

    def wait_until_ready(self, timeout: float) -> bool:
        """Wait until the server answers; False when it ended or `timeout` seconds have passed."""
        waiting = threading.Event()
        for _ in range(int(timeout / _POLL)):
            if self.answers():
                return True
            if not self._members():
                return self.answers()
            waiting.wait(_POLL)
        return False

    def clear_leftovers(self) -> None:
        """End children that outlived their server, and drop a pid file that names nobody.

        PostgreSQL itself refuses to start beside the first, and, where the number has been given
        to another process, because of the second.
        """
        self.kill_all()
        self._pid_file.unlink(missing_ok=True)

    def kill_all(self) -> None:
        """SIGKILL the server and its children, and wait (5 s at most) until they are gone."""
        for process in self._members():
            _kill(process)
        self.wait_until_gone(timeout=5)

    def wait_until_gone(self, timeout: float) -> bool:
        """Wait until no process of the folder is left. Unreaped ones count as gone."""
        waiting = threading.Event()
        for _ in range(int(timeout / _POLL)):
            if not self._members():
                return True
            waiting.wait(_POLL)
        return False

    def _members(self) -> list[psutil.Process]:
        return [
            process
            for process in psutil.process_iter(["name", "cwd"])
            if process.info["cwd"] == str(self._data) and process.info["name"] == "postgres"
        ]

    def _pid_lines(self) -> list[str]:
        try:
            return self._pid_file.read_text().splitlines()
        except OSError:
            return []


def _kill(process: psutil.Process) -> None:
    try:
        process.kill()
    except psutil.NoSuchProcess:
        return
