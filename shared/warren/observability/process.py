"""What a process can say about itself: who it is, and what it uses."""

import os
import secrets
import socket
from dataclasses import dataclass
from datetime import UTC, datetime

import psutil


@dataclass(frozen=True, slots=True)
class Identity:
    """Names one life of one part of a process; the same pid started again is another incarnation.

    `mark` tells apart what host, process id and start do not: parts that share a process, and
    containers that share the name of a host, each with its own process 1.
    """

    host: str
    pid: int
    started_at: datetime
    mark: str

    @classmethod
    def of_this_process(cls) -> "Identity":
        """The identity of the calling process, as of now."""
        return cls(socket.gethostname(), os.getpid(), datetime.now(UTC), secrets.token_hex(3))

    @property
    def incarnation(self) -> str:
        """`<host>-<pid>-<start in milliseconds>-<mark>`."""
        return f"{self.host}-{self.pid}-{int(self.started_at.timestamp() * 1000)}-{self.mark}"


class ResourceMeter:
    """CPU (percent of one core) and memory (bytes) of this process and its children."""

    def __init__(self) -> None:
        self._processes: dict[int, psutil.Process] = {}
        self._self = psutil.Process()
        self._self.cpu_percent()

    def read(self) -> tuple[float, int]:
        """CPU percent since the last reading, and resident memory."""
        self._find_children()
        cpu, memory = 0.0, 0
        for process in (self._self, *self._processes.values()):
            try:
                cpu += process.cpu_percent()
                memory += process.memory_info().rss
            except psutil.Error:
                continue
        return cpu, memory

    def _find_children(self) -> None:
        children = {child.pid: child for child in self._self.children(recursive=True)}
        for pid, child in children.items():
            children[pid] = self._processes.get(pid, child)
        self._processes = children
