"""The time of an in-memory system."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from warren.client.surroundings import current_job


class MemoryClock:
    """Stands still until somebody moves it; it never goes back.

    `advance` lets time pass in which nothing works, as if every process were stopped.
    `let_pass` is what the pauses of a waiting handle become: time in which the system works. Within
    a job a pause moves the clock, and nothing else works meanwhile.
    """

    def __init__(self, start: datetime, let_pass: Callable[[float], object]) -> None:
        if start.utcoffset() is None:
            raise ValueError(f"{start.isoformat()} has no time zone: give an aware datetime")
        self._start = self._now = start.astimezone(UTC)
        self._let_pass = let_pass

    def now(self) -> datetime:
        """Aware, in UTC."""
        return self._now

    def monotonic(self) -> float:
        """Seconds since the start."""
        return (self._now - self._start).total_seconds()

    def pause(self, seconds: float) -> None:
        """Let time pass: while everything works, or in a job for that job alone."""
        if current_job() is None:
            self._let_pass(seconds)
        else:
            self.advance(seconds)

    def advance(
        self, seconds: float = 0, *, minutes: float = 0, hours: float = 0, days: float = 0
    ) -> datetime:
        """Move on while nothing works; returns the time it is then."""
        by = timedelta(seconds=seconds, minutes=minutes, hours=hours, days=days)
        return self.move_to(self._now + by)

    def move_to(self, moment: datetime) -> datetime:
        """Move on to `moment` (aware), while nothing works; returns the time it is then."""
        if moment < self._now:
            raise ValueError(f"the clock does not go back from {self._now} to {moment}")
        self._now = moment.astimezone(UTC)
        return self._now
