"""What time it is for jobs and for whoever asks for them: the machine's, unless a test says so."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time, and lets it pass."""

    def now(self) -> datetime:
        """Aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds since some moment; for differences only."""
        ...

    def pause(self, seconds: float) -> None:
        """Return when so much time has passed."""
        ...


class MachineClock:
    """The time of this machine."""

    def now(self) -> datetime:
        """Aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds since some moment; for differences only."""
        return time.monotonic()

    def pause(self, seconds: float) -> None:
        """Return when so much time has passed."""
        threading.Event().wait(seconds)


#: Of the whole process, so that threads that a job starts by itself have it, too.
_clocks: list[Clock] = [MachineClock()]


def current_clock() -> Clock:
    """The clock that counts here."""
    return _clocks[-1]


@contextmanager
def going_by(clock: Clock) -> Iterator[None]:
    """Within this block `clock` counts, in all threads."""
    _clocks.append(clock)
    try:
        yield
    finally:
        _clocks.remove(clock)
