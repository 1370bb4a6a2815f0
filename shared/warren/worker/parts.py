"""Pieces of a result that a job announces before its end."""

import threading
import time
from collections.abc import Callable

from warren.contracts.artifact import ArtifactRef
from warren.contracts.status import Part
from warren.errors import PermanentError

#: Every part is a row of the history.
MAX_PARTS = 1_000
#: Parts a second; a job that is faster is held back, because none may be left out.
PARTS_PER_SECOND = 20.0


class TooManyParts(PermanentError):
    """A run announced more parts than a history should hold."""


class PartReporter:
    """Numbers the parts of one run from 1 and passes them on to `send`. Safe from any thread."""

    def __init__(
        self,
        send: Callable[[Part], None],
        *,
        interval: float = 1 / PARTS_PER_SECOND,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[float], object] = lambda seconds: threading.Event().wait(seconds),
    ) -> None:
        self._send = send
        self._interval = interval
        self._clock = clock
        self._wait = wait
        self._lock = threading.Lock()
        self._count = 0
        self._next_at = 0.0

    def report(self, artifact: ArtifactRef) -> int:
        """Announce the next part; returns its number. Waits if parts come too fast."""
        with self._lock:
            if self._count == MAX_PARTS:
                raise TooManyParts(
                    f"a run may announce {MAX_PARTS} parts: make them larger, so that there are "
                    "fewer"
                )
            early = self._next_at - self._clock()
            if early > 0:
                self._wait(early)
            self._count += 1
            self._send(Part(seq=self._count, artifact=artifact))
            self._next_at = self._clock() + self._interval
            return self._count
