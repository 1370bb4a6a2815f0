import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

import psycopg
import pytest

from gateway.database import Pool
from gateway.polling.shared_reads import SharedReads
from gateway.problems import DatabaseUnavailable
from gateway.tasks.answering import WAITING_LIMIT


class _Database:
    """Answers every key with what stands there when a reading begins; can be slow, and away."""

    def __init__(self) -> None:
        self.rows: dict[str, int] = {}
        self.asked: list[list[str]] = []
        self.answering = asyncio.Event()
        self.answering.set()
        self.reachable = asyncio.Event()
        self.reachable.set()
        self.away = False
        self.tried = 0
        self.breaking: set[str] = set()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator["_Database"]:
        self.tried += 1
        await self.reachable.wait()
        if self.away:
            raise psycopg.OperationalError("away")
        yield self

    async def read(self, _connection: Any, keys: Sequence[str]) -> dict[str, int]:
        self.asked.append(list(keys))
        found = {key: self.rows[key] for key in keys if key in self.rows}
        await self.answering.wait()
        if self.breaking & set(keys):
            raise psycopg.OperationalError("broken")
        return found


Scenario = Callable[[SharedReads[str, int], _Database], Awaitable[None]]


def _play(scenario: Scenario) -> None:
    async def main() -> None:
        database = _Database()
        reads: SharedReads[str, int] = SharedReads(cast("Pool", database), database.read)
        async with asyncio.timeout(10):
            await scenario(reads, database)

    asyncio.run(main())


async def _begun(reads: SharedReads[str, int], *keys: str) -> list[asyncio.Task[int | None]]:
    asking = [asyncio.create_task(reads.find(key)) for key in keys]
    for _ in range(3):
        await asyncio.sleep(0)
    return asking


def test_who_asks_while_readings_are_under_way_shares_the_next_one() -> None:
    async def scenario(reads: SharedReads[str, int], database: _Database) -> None:
        database.rows = {f"key {n}": n for n in range(100)}
        database.answering.clear()
        first = await _begun(reads, "key 1")
        second = await _begun(reads, "key 2")
        others = await _begun(reads, *database.rows)
        database.answering.set()

        assert await asyncio.gather(*first, *second, *others) == [1, 2, *range(100)]
        assert [len(keys) for keys in database.asked] == [1, 1, 100]

    _play(scenario)


def test_nobody_is_told_what_was_read_before_they_asked() -> None:
    async def scenario(reads: SharedReads[str, int], database: _Database) -> None:
        database.rows = {"key": 1}
        database.answering.clear()
        early = await _begun(reads, "key")
        database.rows["key"] = 2
        late = await _begun(reads, "key")
        database.answering.set()

        assert await asyncio.gather(*early, *late) == [1, 2]

    _play(scenario)


def test_of_a_key_that_is_asked_for_often_it_is_read_once() -> None:
    async def scenario(reads: SharedReads[str, int], database: _Database) -> None:
        database.rows = {"key": 1, "another": 2}
        database.answering.clear()
        await _begun(reads, "another")
        await _begun(reads, "another")
        asking = await _begun(reads, *["key"] * 50)
        database.answering.set()

        assert await asyncio.gather(*asking) == [1] * 50
        assert database.asked[-1] == ["key"]

    _play(scenario)


def test_what_is_not_there_is_told_as_nothing() -> None:
    async def scenario(reads: SharedReads[str, int], database: _Database) -> None:
        assert await reads.find("nowhere") is None

    _play(scenario)


def test_an_outage_is_for_those_who_ask_in_it_and_for_nobody_later() -> None:
    async def scenario(reads: SharedReads[str, int], database: _Database) -> None:
        database.rows = {"key": 1}
        database.away = True
        with pytest.raises(psycopg.OperationalError):
            await reads.find("key")
        database.away = False

        assert await reads.find("key") == 1

    _play(scenario)


def test_a_client_that_leaves_takes_nobody_else_along() -> None:
    async def scenario(reads: SharedReads[str, int], database: _Database) -> None:
        database.rows = {"key": 1}
        database.answering.clear()
        leaving, staying = await _begun(reads, "key", "key")
        leaving.cancel()
        await asyncio.sleep(0)
        database.answering.set()

        assert await staying == 1

    _play(scenario)


def test_who_waits_when_no_connection_can_be_had_waits_for_no_second_one() -> None:
    async def scenario(reads: SharedReads[str, int], database: _Database) -> None:
        database.away = True
        database.reachable.clear()
        asking = await _begun(reads, *[f"key {n}" for n in range(1_000)])
        database.reachable.set()
        ended = await asyncio.gather(*asking, return_exceptions=True)

        assert {type(answer) for answer in ended} == {psycopg.OperationalError}
        assert database.tried <= 2  # once for each reader

    _play(scenario)


def test_a_reading_that_fails_is_no_fault_of_those_who_ask_later() -> None:
    async def scenario(reads: SharedReads[str, int], database: _Database) -> None:
        database.rows = {"key": 1}
        database.answering.clear()
        database.breaking = {"broken"}
        broken = await _begun(reads, "broken")
        await _begun(reads, "another")
        later = await _begun(reads, "key")
        database.answering.set()

        assert await asyncio.gather(*later) == [1]
        with pytest.raises(psycopg.OperationalError):
            await broken[0]

    _play(scenario)


def test_beyond_the_limit_nobody_waits() -> None:
    async def scenario(reads: SharedReads[str, int], database: _Database) -> None:
        database.rows = {"key": 1}
        database.reachable.clear()
        asking = await _begun(reads, *["key"] * WAITING_LIMIT)
        with pytest.raises(DatabaseUnavailable) as caught:
            await reads.find("key")
        database.reachable.set()

        assert caught.value.headers["Retry-After"] == "2"
        assert set(await asyncio.gather(*asking)) == {1}
        assert await reads.find("key") == 1

    _play(scenario)
