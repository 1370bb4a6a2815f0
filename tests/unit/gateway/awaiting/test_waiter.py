import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast
from uuid import UUID

import pytest

from gateway.awaiting.waiter import EndWaiter
from gateway.database import Pool
from tests.unit.gateway.looked_at import LookedAt, until
from warren.contracts.ids import new_id


class _Database(LookedAt):
    """Knows what has ended."""

    def __init__(self) -> None:
        super().__init__()
        self.ended: set[UUID] = set()

    async def found(self, values: dict[str, Any]) -> list[dict[str, Any]]:
        return [{"id": id_} for id_ in values["ids"] if id_ in self.ended]


Scenario = Callable[[EndWaiter, _Database], Awaitable[None]]


def _play(scenario: Scenario, limit: int = 1_000) -> None:
    async def main() -> None:
        database = _Database()
        waiter = EndWaiter(cast("Pool", database), limit)
        async with asyncio.timeout(10):
            await scenario(waiter, database)
        waiter.release()

    asyncio.run(main())


def test_one_question_is_asked_for_all_who_wait() -> None:
    async def scenario(waiter: EndWaiter, database: _Database) -> None:
        ids = [new_id() for _ in range(500)]
        waiting = [asyncio.create_task(waiter.ended(id_)) for id_ in ids]
        await until(lambda: len(database.asked) > 2)
        database.ended.update(ids)

        assert all(await asyncio.gather(*waiting))
        assert set(database.asked[1:]) <= {500}
        assert len(database.asked) < 20

    _play(scenario)


def test_nothing_is_asked_while_nobody_waits() -> None:
    async def scenario(waiter: EndWaiter, database: _Database) -> None:
        id_ = new_id()
        database.ended.add(id_)
        assert await waiter.ended(id_)
        # Then nothing is left that could ask
        await until(lambda: len(asyncio.all_tasks()) == 1)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    _play(scenario)


def test_an_outage_is_waited_out() -> None:
    async def scenario(waiter: EndWaiter, database: _Database) -> None:
        id_ = new_id()
        database.away = True
        waiting = asyncio.create_task(waiter.ended(id_))
        await until(lambda: database.refused > 0)
        database.away = False
        database.ended.add(id_)

        assert await waiting

    _play(scenario)


@pytest.mark.parametrize("left", ["cancelled", "released"])
def test_places_are_given_back(left: str) -> None:
    async def scenario(waiter: EndWaiter, _: _Database) -> None:
        first = asyncio.create_task(waiter.ended(new_id()))
        await until(lambda: waiter.is_full)
        assert not await waiter.ended(new_id())
        if left == "cancelled":
            first.cancel()
            await asyncio.gather(first, return_exceptions=True)
            assert not waiter.is_full
        else:
            waiter.release()
            assert not await first
            assert waiter.is_full

    _play(scenario, limit=1)


def test_a_place_that_is_held_for_a_task_still_to_come_is_nobody_elses() -> None:
    async def scenario(waiter: EndWaiter, database: _Database) -> None:
        id_ = new_id()
        database.ended.add(id_)
        with waiter.place() as is_there:
            assert is_there
            with waiter.place() as another:
                assert not another
            assert not await waiter.ended(id_)
            assert await waiter.ended_in_place(id_)
        assert not waiter.is_full

    _play(scenario, limit=1)
