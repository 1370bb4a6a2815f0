"""SIGTERM and SIGINT as something to ask about, not as an exception in the middle of work."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class StopRequest:
    """Counts how often this process was told to stop: once is a wish, twice means now.

    Waiters poll: a handler that took a lock (`Event.set`) could meet the very thread it
    interrupted holding it.
    """

    def __init__(self) -> None:
        self._count = 0

    @property
    def made(self) -> bool:
        """Stop, but finish what runs."""
        return self._count > 0

    @property
    def urgent(self) -> bool:
        """Do not wait for what runs."""
        return self._count > 1

    def make(self) -> None:
        """Ask this process to stop."""
        self._count += 1

    @staticmethod
    def hold_back() -> None:
        """Let signals wait from now on, also for the program that takes this one's place."""
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)

    @contextmanager
    def on_signals(self) -> Iterator["StopRequest"]:
        """Within this block SIGTERM and SIGINT make the request; main thread only."""
        before = {number: signal.signal(number, self._on_signal) for number in _SIGNALS}
        # They may have waited for us.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        try:
            yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._count += 1
