import asyncio
import time
from typing import Any, cast

import pytest

from gateway.awaiting.looking import SharedLook
from gateway.database import Pool
from tests.unit.gateway.looked_at import LookedAt


@pytest.mark.parametrize("steps", range(5))
def test_it_looks_no_more_when_it_is_cancelled_as_somebody_comes(steps: int) -> None:
    async def look(_connection: Any) -> None:
        await asyncio.sleep(0)

    async def scenario() -> bool:
        shared = SharedLook(cast("Pool", LookedAt()), look, lambda: True, look_at_new=look)
        shared.begin()
        (watch,) = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.sleep(0.01)
        shared.begin()
        for _ in range(steps):
            await asyncio.sleep(0)
        watch.cancel()
        await asyncio.wait([watch], timeout=1)
        is_over = watch.cancelled()
        shared.release()
        return is_over

    assert asyncio.run(scenario())


def rest_after(looks: list[float]) -> float:
    """The seconds between the last of these looks, which take so many seconds, and the next."""

    async def scenario() -> float:
        moments: list[float] = []
        durations = iter([*looks, 0.0])
        all_done = asyncio.Event()

        async def look(_connection: Any) -> None:
            moments.append(time.monotonic())
            await asyncio.sleep(next(durations))
            moments.append(time.monotonic())
            if len(moments) > 2 * len(looks):
                all_done.set()

        shared = SharedLook(cast("Pool", LookedAt()), look, lambda: not all_done.is_set())
        shared.begin()
        await asyncio.wait_for(all_done.wait(), 20)
        shared.release()
        return moments[-2] - moments[-3]

    return asyncio.run(scenario())


def test_one_look_that_took_long_makes_nobody_wait_for_the_next() -> None:
    assert rest_after([0.0, 0.0, 0.15]) < 1.0


def test_looks_that_all_take_long_are_followed_by_long_rests() -> None:
    assert rest_after([0.03, 0.03, 0.03]) >= 0.3
