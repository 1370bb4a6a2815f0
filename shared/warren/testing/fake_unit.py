"""A unit of a stack that only pretends to run."""

import threading
from pathlib import Path


class FakeUnit:
    """Runs until `end` (by itself) or `stop`; `failures` are raised by the next starts."""

    def __init__(self, name: str = "part", *failures: Exception) -> None:
        self.name = name
        self.log = Path(f"/nonexistent/{name}.log")
        self.failures = list(failures)
        self.starts = 0
        self.stops: list[float] = []
        self.kills = 0
        self._running = threading.Event()

    @property
    def pid(self) -> int | None:
        """A different one for each start."""
        return 1000 + self.starts if self._running.is_set() else None

    def start(self) -> None:
        """Run, or fail as planned."""
        if self.failures:
            raise self.failures.pop(0)
        self.starts += 1
        self._running.set()

    def end(self) -> None:
        """End by itself."""
        self._running.clear()

    def stop(self, patience: float) -> None:
        """End by request."""
        self.stops.append(patience)
        self._running.clear()

    def kill(self) -> None:
        """End by force."""
        self.kills += 1
        self._running.clear()

    def ending(self) -> str:
        """Always the same."""
        return "exit code 1"
