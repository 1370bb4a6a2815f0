"""The soft time limit of jobs in a slot process."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from warren.errors import TimeLimitExceeded


class SoftLimit:
    """Raises TimeLimitExceeded in the main thread after some seconds, by a timer's signal.

    Interrupts Python code, sleeps and blocking reads, but no native call: that is ended by the
    hard limit. A job that catches Exception around all it does escapes it likewise.
    """

    def __init__(self) -> None:
        self._armed = False
        self._deferred = False
        self._due = False
        signal.signal(signal.SIGALRM, self._on_alarm)

    @contextmanager
    def of(self, seconds: float) -> Iterator[None]:
        """Within this block the limit holds."""
        self._seconds = seconds
        self._due = False
        self._armed = True
        signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            yield
        finally:
            # First: a signal that has come but was not handled yet must not hit what follows.
            self._armed = False
            signal.setitimer(signal.ITIMER_REAL, 0)

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Within this block nothing is raised, but at its end: for what must not be left half done.

        Other threads than the main one are never interrupted.
        """
        if threading.current_thread() is not threading.main_thread() or self._deferred:
            yield
            return
        self._deferred = True
        try:
            yield
        finally:
            self._deferred = False
        if self._due:
            self._due = False
            raise self._exceeded()

    def _on_alarm(self, _number: int, _frame: FrameType | None) -> Any:
        if not self._armed:
            return
        self._armed = False
        if self._deferred:
            self._due = True
            return
        raise self._exceeded()

    def _exceeded(self) -> TimeLimitExceeded:
        return TimeLimitExceeded(f"still running after {self._seconds:g} seconds")
