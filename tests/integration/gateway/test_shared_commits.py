"""Which writes go into one transaction, while another one is under way."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import psycopg
import pytest
from psycopg import AsyncConnection
from psycopg.rows import DictRow

from gateway.config import GatewaySettings
from gateway.database import connection_pool
from gateway.tasks import shared_commits
from gateway.tasks.shared_commits import SharedCommits

pytestmark = pytest.mark.postgres

_FOREVER = 60.0


class _Held:
    """Writes whatever comes, and notes what came together; the first write waits to be let go."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.begun = asyncio.Event()
        self.let_go = asyncio.Event()

    async def write(self, connection: AsyncConnection[DictRow], items: list[int]) -> Sequence[int]:
        self.batches.append(items)
        self.begun.set()
        if 0 in items:
            await self.let_go.wait()
        await connection.execute("SELECT 1")
        return items


def _while_the_first_is_written(
    settings: GatewaySettings,
    scenario: Callable[[SharedCommits[int, int], _Held], Awaitable[None]],
) -> list[list[int]]:
    async def main() -> list[list[int]]:
        held = _Held()
        async with _started(settings, held) as commits:
            first = asyncio.create_task(commits.submit(0))
            await asyncio.wait_for(held.begun.wait(), 10)
            await scenario(commits, held)
            held.let_go.set()
            assert await asyncio.wait_for(first, 10) == 0
        return held.batches

    return asyncio.run(main())


@asynccontextmanager
async def _started(
    settings: GatewaySettings, held: _Held
) -> AsyncIterator[SharedCommits[int, int]]:
    async with connection_pool(settings) as pool:
        commits = SharedCommits[int, int](pool, held.write, batch=100)
        commits.start()
        try:
            yield commits
        finally:
            await commits.close()


async def _one_after_the_other(
    commits: SharedCommits[int, int], last: int
) -> list[asyncio.Task[int]]:
    """Each comes when the ones before it could have been taken."""
    submitted = []
    for item in range(1, last + 1):
        submitted.append(asyncio.create_task(commits.submit(item)))
        for _ in range(5):
            await asyncio.sleep(0)
    return submitted


def test_a_few_wait_for_the_end_of_what_is_written_and_go_together(
    settings: GatewaySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_commits, "_PATIENCE", _FOREVER)

    async def scenario(commits: SharedCommits[int, int], held: _Held) -> None:
        submitted = await _one_after_the_other(commits, 5)
        assert held.batches == [[0]]
        held.let_go.set()
        assert await asyncio.wait_for(asyncio.gather(*submitted), 10) == [1, 2, 3, 4, 5]

    assert _while_the_first_is_written(settings, scenario) == [[0], [1, 2, 3, 4, 5]]


def test_many_are_written_beside_it(
    settings: GatewaySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_commits, "_PATIENCE", _FOREVER)

    async def scenario(commits: SharedCommits[int, int], _: _Held) -> None:
        submitted = await _one_after_the_other(commits, 20)
        # The first of them waits in the writer's hand, and is not among the sixteen.
        await asyncio.wait_for(asyncio.gather(*submitted[:17]), 10)

    assert _while_the_first_is_written(settings, scenario)[1] == list(range(1, 18))


def test_a_write_that_is_held_up_holds_nobody_up_for_long(settings: GatewaySettings) -> None:
    async def scenario(commits: SharedCommits[int, int], _: _Held) -> None:
        assert await asyncio.wait_for(commits.submit(1), 10) == 1

    assert _while_the_first_is_written(settings, scenario) == [[0], [1]]


def test_whoever_waits_for_company_is_told_when_writing_stops(
    settings: GatewaySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_commits, "_PATIENCE", _FOREVER)

    async def main() -> list[int | BaseException]:
        held = _Held()
        async with _started(settings, held) as commits:
            first = asyncio.create_task(commits.submit(0))
            await asyncio.wait_for(held.begun.wait(), 10)
            submitted = [first, *await _one_after_the_other(commits, 3)]
        return await asyncio.wait_for(asyncio.gather(*submitted, return_exceptions=True), 10)

    assert [type(told) for told in asyncio.run(main())] == [asyncio.CancelledError] * 4


def test_whoever_is_written_apart_is_told_when_writing_stops(settings: GatewaySettings) -> None:
    begun = asyncio.Event()

    async def write(_: AsyncConnection[DictRow], items: list[int]) -> Sequence[int]:
        if len(items) > 1:
            raise psycopg.DataError("one of them cannot be stored")
        begun.set()
        await asyncio.Event().wait()
        return items

    async def main() -> list[int | BaseException]:
        async with connection_pool(settings) as pool:
            commits = SharedCommits[int, int](pool, write, batch=100)
            submitted = [asyncio.create_task(commits.submit(item)) for item in range(3)]
            await asyncio.sleep(0)
            commits.start()
            await asyncio.wait_for(begun.wait(), 10)
            await commits.close()
            return await asyncio.wait_for(asyncio.gather(*submitted, return_exceptions=True), 10)

    assert [type(told) for told in asyncio.run(main())] == [asyncio.CancelledError] * 3
