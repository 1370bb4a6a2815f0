"""Whoever is cancelled is cancelled, also at the very moment at which the wait ends by itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import pytest
from psycopg import AsyncConnection
from psycopg.rows import DictRow

from gateway.authentication import Caller
from gateway.database import Pool
from gateway.idempotency.keyed import KeyedRequest, KeyedRequests
from warren.contracts.ids import new_id

at_any_step = pytest.mark.parametrize("steps", range(5))


class _Busy:
    """A pool that has no connection to give."""

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[None]:
        await asyncio.Event().wait()
        yield


async def _cancelled_after(steps: int, waiting: asyncio.Task[None]) -> bool:
    for _ in range(steps):
        await asyncio.sleep(0)
    if not waiting.cancel():
        return True  # it had ended before
    await asyncio.wait([waiting], timeout=1)
    return waiting.cancelled()


@at_any_step
def test_a_request_that_is_cancelled_as_its_turn_comes_does_not_go_on(steps: int) -> None:
    async def scenario() -> bool:
        keyed = KeyedRequests(cast("Pool", _Busy()))
        caller = Caller(new_id(), "plan", "actor", frozenset())

        async def claim() -> None:
            async with keyed.claim(caller, "key", b"fingerprint"):
                raise AssertionError("there is no connection")

        first, second = asyncio.create_task(claim()), asyncio.create_task(claim())
        await asyncio.sleep(0.01)
        first.cancel()
        return await _cancelled_after(steps, second)

    assert asyncio.run(scenario())


@at_any_step
def test_a_request_that_is_cancelled_as_its_work_ends_does_not_go_on(steps: int) -> None:
    async def scenario() -> bool:
        row = {"made_id": new_id(), "status": None}
        request = KeyedRequest(
            cast("AsyncConnection[DictRow]", None), (new_id(), "key"), cast("DictRow", row)
        )
        done = asyncio.Event()

        async def work() -> None:
            async with request.kept():
                await done.wait()

        working = asyncio.create_task(work())
        await asyncio.sleep(0.01)
        done.set()
        return await _cancelled_after(steps, working)

    assert asyncio.run(scenario())
