"""Leases of a quota, where many ask at the same moment."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest

from gateway.database import Pool
from gateway.limits.leases import Leases, Policy
from warren.contracts.ids import new_id

POLICY = Policy("test", 10**9, "requests")
QUOTA = 1_000


class _Database:
    """Leases out of the quota as the statement does; each answer takes a turn of the loop."""

    def __init__(self) -> None:
        self.used = 0
        self.asked = 0

    @asynccontextmanager
    async def connection(self) -> AsyncIterator["_Database"]:
        yield self

    async def execute(self, _statement: str, values: Mapping[str, Any]) -> "_Answer":
        await asyncio.sleep(0)
        self.asked += 1
        rest = values["quota"] - self.used
        granted = values["wanted"] if values["wanted"] <= rest else min(values["share"], rest)
        self.used += granted
        return _Answer(granted, values["quota"] - self.used)


class _Answer:
    def __init__(self, granted: int, rest: int) -> None:
        self._row = {"granted": granted, "rest": float(rest)}

    async def fetchall(self) -> list[dict[str, Any]]:
        return [self._row]


# Whoever waits for an answer that is over stops the loop for good; only its process can be ended.
@pytest.mark.timeout(20, method="thread")
@pytest.mark.parametrize("count", [1, 7, 17])
def test_whoever_comes_just_as_an_answer_is_there_asks_for_more(count: int) -> None:
    database, key = _Database(), new_id()

    async def ask() -> int:
        leases = Leases(cast("Pool", database), POLICY)
        asking = []
        for _ in range(2 * QUOTA // count):
            asking.append(asyncio.create_task(leases.take_all(key, QUOTA, count)))
            await asyncio.sleep(0)
        return sum(taken is not None for taken in await asyncio.gather(*asking))

    assert asyncio.run(ask()) == QUOTA // count


@pytest.mark.parametrize(
    ("seconds", "quota", "pause", "times"),
    [
        # A hundredth has drained after 0.6 s, and of what a day allows only after 14 minutes.
        (60, 6_000, 0.6, 5),
        (86_400, 864_000, 1.0, 3),
    ],
)
def test_who_goes_on_at_his_limit_asks_once_for_a_hundredth_or_a_second(
    seconds: int, quota: int, pause: float, times: int
) -> None:
    # Given a quota that is used up
    database, key, now = _Database(), new_id(), [0.0]
    database.used = quota

    async def ask() -> list[int]:
        leases = Leases(cast("Pool", database), Policy("test", seconds, "requests"), lambda: now[0])
        asked = []
        # When somebody asks a hundred times a second, for two and a half
        for _ in range(250):
            assert not await leases.take(key, quota)
            now[0] += 0.01
            asked.append(database.asked)
        return asked

    # Then the database is asked after such a pause, again and again
    asked = asyncio.run(ask())
    assert (asked[round(100 * pause) - 2], asked[-1]) == (1, times)


def test_a_lease_says_when_so_much_may_be_used() -> None:
    database, key, now = _Database(), new_id(), [0.0]

    async def ask() -> tuple[list[int], list[int]]:
        leases = Leases(cast("Pool", database), Policy("test", 60, "requests"), lambda: now[0])
        assert await leases.take_all(key, 60, 60)
        lease = leases.known(key)
        assert lease is not None
        seconds = [leases.seconds_until(lease, count) for count in (1, 30, 60, 100)]
        now[0] += 15.5
        return seconds, [leases.remaining(lease), leases.seconds_until(lease, 60)]

    assert asyncio.run(ask()) == ([1, 30, 60, 60], [15, 45])
