"""The clockwork, APScheduler: it knows when to look next, and nothing of schedules.

What is due, and that it fires once, is decided in the database; so any number of clockworks may
tick, and one that stood still just goes on.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler

_CHORES_INTERVAL = timedelta(minutes=10)
#: Seconds by which an alarm may be late before it is given again.
_OVERDUE = 2.0

Look = Callable[[], Awaitable[float]]
Chores = Callable[[], Awaitable[None]]


class Clockwork:
    """Calls `look` again and again, each time after the seconds it returned; `chores` rarely.

    Neither may raise. An alarm that is `overdue` seconds late is given again.
    """

    def __init__(
        self,
        look: Look,
        chores: Chores,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        *,
        overdue: float = _OVERDUE,
    ) -> None:
        self._look = look
        self._chores = chores
        self._now = now
        self._overdue = overdue
        # However late an alarm comes, as after a frozen process: it comes once.
        self._clock = AsyncIOScheduler(
            timezone=UTC, job_defaults={"misfire_grace_time": None, "coalesce": True}
        )
        self._looking = asyncio.Lock()
        self._expected = time.monotonic()
        self._alarms = 0

    async def run(self, stopped: asyncio.Event) -> None:
        """Tick until `stopped`; a look that has begun is finished."""
        self._clock.add_job(
            self._chores,
            "interval",
            seconds=_CHORES_INTERVAL.total_seconds(),
            max_instances=1,
        )
        self._clock.start()
        self._set_alarm(0)
        while not await _set_within(stopped, self._overdue):
            # The clockwork goes by the wall clock; set back, that would keep it waiting.
            if time.monotonic() > self._expected + self._overdue and not self._looking.locked():
                self._set_alarm(0)
        async with self._looking:
            self._clock.shutdown(wait=False)

    async def _on_alarm(self) -> None:
        async with self._looking:
            seconds = await self._look()
            self._set_alarm(seconds)

    def _set_alarm(self, seconds: float) -> None:
        """Look in so many seconds, instead of when an earlier alarm that did not come yet says."""
        earlier, self._alarms = _alarm(self._alarms), self._alarms + 1
        if self._clock.get_job(earlier) is not None:
            self._clock.remove_job(earlier)
        self._expected = time.monotonic() + seconds
        self._clock.add_job(
            self._on_alarm,
            "date",
            run_date=self._now() + timedelta(seconds=seconds),
            # Each has a name of its own: the one that sets the next is not over yet.
            id=_alarm(self._alarms),
        )


def _alarm(number: int) -> str:
    return f"look-{number}"


async def _set_within(event: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False
