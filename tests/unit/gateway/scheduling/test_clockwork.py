"""The clockwork looks when it was told to, one look after the other."""

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from gateway.scheduling.clockwork import Clockwork


class Looks:
    """Notes when it was called; `lasting` seconds each, then `delays` until the next."""

    def __init__(self, delays: Sequence[float], lasting: float = 0) -> None:
        self._delays = list(delays)
        self._lasting = lasting
        self.began: list[float] = []
        self.running = 0
        self.started, self.done = asyncio.Event(), asyncio.Event()

    async def look(self) -> float:
        self.began.append(time.monotonic())
        self.running += 1
        self.started.set()
        assert self.running == 1, "two looks at once"
        await asyncio.sleep(self._lasting)
        self.running -= 1
        if len(self.began) == len(self._delays):
            self.done.set()
        return self._delays[len(self.began) - 1] if len(self.began) <= len(self._delays) else 60


async def _no_chores() -> None:
    return None


def _now() -> datetime:
    return datetime.now(UTC)


def test_it_looks_at_once_and_then_after_the_seconds_it_was_told() -> None:
    looks = asyncio.run(_looks([0.3, 0, 60]))

    first, second, third = looks.began
    assert second - first >= 0.3
    assert third - second < 5


def test_looks_never_overlap() -> None:
    looks = asyncio.run(_looks([0, 0, 0, 60], lasting=0.1))

    assert len(looks.began) == 4


def test_a_look_that_has_begun_is_finished_before_the_stop() -> None:
    async def stop_within_a_look() -> Looks:
        looks, stopped = Looks([60], lasting=0.5), asyncio.Event()
        running = asyncio.create_task(Clockwork(looks.look, _no_chores).run(stopped))
        await looks.started.wait()
        stopped.set()
        await running
        return looks

    looks = asyncio.run(stop_within_a_look())

    assert (len(looks.began), looks.running) == (1, 0)


def test_a_wall_clock_that_is_set_back_does_not_keep_it_waiting() -> None:
    # Given a clock that was an hour fast when the second alarm was set, and is right by now
    errors = iter([0, 1, 0])

    def now() -> datetime:
        return _now() + timedelta(hours=next(errors, 0))

    looks = asyncio.run(_looks([0.05, 60], now=now))

    assert len(looks.began) == 2


async def _looks(
    delays: Sequence[float], lasting: float = 0, now: Callable[[], datetime] | None = None
) -> Looks:
    looks = Looks(delays, lasting)
    stopped = asyncio.Event()
    clockwork = Clockwork(looks.look, _no_chores, now or _now, overdue=0.3)
    running = asyncio.create_task(clockwork.run(stopped))
    async with asyncio.timeout(30):
        await looks.done.wait()
        stopped.set()
        await running
    return looks
