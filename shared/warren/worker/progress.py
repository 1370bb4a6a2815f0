"""Progress of one run: never backwards, at most a few reports a second, the last one always."""

import threading
import time
from collections.abc import Callable

from warren.contracts.status import Progress

MIN_INTERVAL = 0.2
MAX_MESSAGE_CHARACTERS = 500


class ProgressReporter:
    """Passes reports on to `send`, at most one each `interval` seconds.

    A report that comes too early is kept and sent when its time has come, unless a newer one
    replaces it. `finish` sends what is kept; later reports are ignored. Safe from any thread.
    """

    def __init__(
        self,
        send: Callable[[Progress], None],
        *,
        interval: float = MIN_INTERVAL,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._send = send
        self._interval = interval
        self._clock = clock
        self._lock = threading.Lock()
        self._highest = 0
        self._next_at = 0.0
        self._kept: Progress | None = None
        self._timer: threading.Timer | None = None
        self._finished = False

    def report(self, percent: float, message: str | None = None) -> None:
        """Report how far the job is, 0-100; a lower value than before counts as that one."""
        with self._lock:
            if self._finished:
                return
            self._highest = max(self._highest, min(100, int(percent)))
            text = message[:MAX_MESSAGE_CHARACTERS] if message else None
            self._kept = Progress(percent=self._highest, message=text)
            wait = self._next_at - self._clock()
            if wait <= 0:
                self._send_kept()
            elif self._timer is None:
                self._timer = threading.Timer(wait, self._when_due)
                self._timer.daemon = True
                self._timer.start()

    def finish(self) -> None:
        """Send what is kept and stop."""
        with self._lock:
            self._finished = True
            if self._timer is not None:
                self._timer.cancel()
            self._send_kept()

    def _when_due(self) -> None:
        with self._lock:
            self._timer = None
            try:
                self._send_kept()
            except BrokenPipeError:
                # The parent has hung up: this slot is being killed. Nobody listens any more, and
                # the job's own thread learns of it with its next report or its answer.
                self._finished, self._kept = True, None

    def _send_kept(self) -> None:
        if self._kept is not None:
            self._send(self._kept)
            self._kept = None
            self._next_at = self._clock() + self._interval
