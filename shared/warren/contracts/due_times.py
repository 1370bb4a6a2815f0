"""Which due time comes next, and when it is fired. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from warren.contracts.cron import Cron
from warren.contracts.kinds import Missed


@dataclass(frozen=True, slots=True)
class Rhythm:
    """When a schedule is due, and how late each time is fired."""

    schedule_id: UUID
    cron: Cron
    jitter_seconds: float = 0

    def fire_at(self, due: datetime) -> datetime:
        """`due` and its jitter: for one schedule and due time always the same."""
        text = f"{self.schedule_id}:{due.timestamp():.0f}"
        share = int.from_bytes(sha256(text.encode()).digest()[:8], "big") / 2**64
        return due + timedelta(seconds=share * self.jitter_seconds)

    def next(self, now: datetime, outstanding: datetime | None = None) -> "NextTime":
        """What a schedule waits for when its rhythm begins; `outstanding` is overdue and stays."""
        due = outstanding or self.cron.next_after(now)
        return NextTime(due, self.fire_at(due))


@dataclass(frozen=True, slots=True)
class NextTime:
    """A due time, and when it is fired."""

    due_at: datetime
    fire_at: datetime


@dataclass(frozen=True, slots=True)
class Plan:
    """A due time to fire now, how many before it it stands for as well, and the one after it."""

    due_at: datetime
    coalesced: int
    following: NextTime


def plan(rhythm: Rhythm, missed: Missed, next_due: datetime, now: datetime) -> Plan:
    """What to fire at `now` of a schedule whose next due time, `next_due`, has come."""
    due, coalesced = next_due, 0
    times = rhythm.cron.times_after(due)
    following = next(times)
    while missed is Missed.COALESCE and rhythm.fire_at(following) <= now:
        due, coalesced = following, coalesced + 1
        following = next(times)
    return Plan(due, coalesced, NextTime(following, rhythm.fire_at(following)))
