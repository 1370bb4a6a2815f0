"""When a task is to run, as callers say it."""

import math
from datetime import UTC, datetime, timedelta

from warren.client.clock import current_clock
from warren.client.errors import NotAMoment
from warren.contracts.submission import MAX_DELAY


def checked_delay(delay: object) -> float:
    """Seconds from now, of a number or a timedelta; what is past is now.

    Raises NotAMoment.
    """
    seconds = delay.total_seconds() if isinstance(delay, timedelta) else delay
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise NotAMoment(
            f"delay_seconds is {delay!r}: give a number of seconds", field="delay_seconds"
        )
    if not math.isfinite(seconds) or seconds > MAX_DELAY:
        raise NotAMoment(
            f"delay_seconds is {delay!r}: give at most {MAX_DELAY} seconds (400 days)",
            field="delay_seconds",
        )
    return max(0.0, float(seconds))


def checked_moment(moment: object, now: datetime | None = None) -> datetime | None:
    """The moment in UTC; None, which means now, for one that has passed. Raises NotAMoment."""
    if not isinstance(moment, datetime):
        raise NotAMoment(f"run_time is {moment!r}: give a datetime", field="run_time")
    if moment.utcoffset() is None:
        raise NotAMoment(
            f"run_time {moment.isoformat()} has no time zone, so nobody knows when that is: "
            "give an aware datetime, such as datetime.now(UTC) + timedelta(hours=1)",
            field="run_time",
        )
    until = (moment - (now or current_clock().now())).total_seconds()
    if until > MAX_DELAY:
        raise NotAMoment(
            f"run_time {moment.isoformat()} is more than 400 days away", field="run_time"
        )
    return moment.astimezone(UTC) if until > 0 else None
