"""One look feeds all streams of a process."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager
from typing import Any, cast
from uuid import UUID

import psycopg
import pytest

from gateway.artifacts.links import ArtifactLinks
from gateway.database import Pool
from gateway.following.feed import EventFeed
from warren.contracts.ids import new_id


class _Database:
    """Tasks with their histories; counts how often it is asked, and can be away.

    An entry is a type, `task.processing`, with its generation behind an @ if it is not the first.
    """

    def __init__(self) -> None:
        self.histories: dict[UUID, list[str]] = {}
        self.asked: list[int] = []
        self.away = False
        #: How long an answer takes.
        self.seconds = 0.0

    @asynccontextmanager
    async def connection(self) -> AsyncIterator["_Database"]:
        if self.away:
            raise psycopg.OperationalError("away")
        yield self

    async def execute(self, _query: str, values: dict[str, Any]) -> "_Database":
        self.asked.append(len(values["ids"]))
        await asyncio.sleep(self.seconds)
        asked = zip(values["ids"], values["versions"], values["numbers"], strict=True)
        self._rows = [row for one in asked for row in self._changed(*one)]
        return self

    async def fetchall(self) -> list[dict[str, Any]]:
        return self._rows

    def _changed(self, id_: UUID, version: str, number: int) -> list[dict[str, Any]]:
        history = [_entry(n, said) for n, said in enumerate(self.histories[id_], 1)]
        generation = max(entry["generation"] for entry in history)
        if version == str(len(history)) and number == len(history):
            return []
        last = [entry["type"] for entry in history if entry["generation"] == generation]
        task: dict[str, Any] = {
            "kind": "k",
            "state": "succeeded" if "task.succeeded" in last else "processing",
            "generation": generation,
        }
        task |= {"attempt": 1, "progress": 0, "message": None, "error": None, "result": None}
        task |= {"cleaned_at": None, "processing_seconds": 0.0, "version": str(len(history))}
        entries = [entry for entry in history if entry["number"] > number]
        return [{"task_id": id_, "entries": entries or None, **task}]


def _entry(number: int, said: str) -> dict[str, Any]:
    type_, _, generation = said.partition("@")
    entry = {"number": number, "type": type_, "generation": int(generation or 1)}
    return {**entry, "attempt": 1, "at": "", "data": {}}


async def _until(holds: Callable[[], bool]) -> None:
    while not holds():  # noqa: ASYNC110 -- a fact that nobody announces
        await asyncio.sleep(0.01)


Scenario = Callable[[EventFeed, _Database], Awaitable[None]]


def _play(scenario: Scenario) -> None:
    async def main() -> None:
        database = _Database()
        feed = EventFeed(cast("Pool", database), ArtifactLinks([], 60))
        async with asyncio.timeout(10):
            await scenario(feed, database)
        feed.release()

    asyncio.run(main())


def test_streams_of_many_tasks_are_fed_by_one_question() -> None:
    async def scenario(feed: EventFeed, database: _Database) -> None:
        database.histories = {new_id(): ["task.processing"] for _ in range(300)}

        async def follow(id_: UUID) -> bytes:
            with feed.listening(id_, None) as listener:
                said = await listener.next(5)
                database.histories[id_].append("task.succeeded")
                return said + await listener.next(5)

        heard = await asyncio.gather(*map(follow, database.histories))

        assert all(b"id: 1\nevent: status" in said for said in heard)
        assert all(b"id: 2\nevent: result" in said for said in heard)
        assert set(database.asked) <= {300}
        assert feed.count == 0

    _play(scenario)


@pytest.mark.parametrize(
    ("told", "ids"),
    [
        # Who comes anew wants the last generation, without what came late of an earlier one.
        (None, [3, 5]),
        # Who goes on gets all that was recorded since.
        (2, [3, 4, 5, 6]),
    ],
)
def test_what_comes_late_of_an_earlier_generation_hides_nothing_of_the_last(
    told: int | None, ids: list[int]
) -> None:
    async def scenario(feed: EventFeed, database: _Database) -> None:
        # Given a task that was retried, and starts of its first generation that were recorded late
        id_ = new_id()
        database.histories[id_] = [
            "task.processing",
            "task.failed",
            "task.retried@2",
            "task.processing",
            "task.succeeded@2",
            "task.processing",
        ]
        with feed.listening(id_, told) as listener:
            said = await listener.next(5)

        assert [int(id_) for id_ in re.findall(rb"^id: (\d+)$", said, re.MULTILINE)] == ids
        assert said.count(b"event: result") == 1

    _play(scenario)


def test_nothing_is_asked_while_nobody_follows() -> None:
    async def scenario(feed: EventFeed, database: _Database) -> None:
        id_ = new_id()
        database.histories[id_] = ["task.processing"]
        with feed.listening(id_, None) as listener:
            assert await listener.next(5)
        await asyncio.sleep(0.1)
        before = len(database.asked)
        await asyncio.sleep(0.2)

        assert len(database.asked) == before

    _play(scenario)


def test_an_outage_is_waited_out() -> None:
    async def scenario(feed: EventFeed, database: _Database) -> None:
        id_ = new_id()
        database.histories[id_] = ["task.processing"]
        database.away = True
        with feed.listening(id_, 0) as listener:
            assert await listener.next(0.1) == b""
            database.away = False
            assert b"id: 1\n" in await listener.next(5)

    _play(scenario)


def test_a_task_that_cannot_be_told_of_ends_its_own_streams_only() -> None:
    async def scenario(feed: EventFeed, database: _Database) -> None:
        good, bad = new_id(), new_id()
        # A part without its artifact
        database.histories = {good: ["task.processing"], bad: ["task.part"]}
        with feed.listening(bad, None) as broken, feed.listening(good, None) as listener:
            assert await broken.next(5) == b""
            assert (broken.is_over, broken.is_finished) == (True, False)
            assert b"event: status" in await listener.next(5)

    _play(scenario)


def test_a_client_that_leaves_thousands_of_events_unread_is_cut_off_where_it_can_go_on() -> None:
    async def scenario(feed: EventFeed, database: _Database) -> None:
        id_ = new_id()
        database.histories[id_] = ["task.retrying"] * 3_000
        with feed.listening(id_, None) as listener:
            await _until(lambda: not listener.is_new)
            database.histories[id_].append("task.retrying")
            await _until(lambda: listener.is_over)
            said = await listener.next(5)

        assert said.count(b"event: status") == 3_000
        assert not listener.is_finished

    _play(scenario)


def test_a_process_that_stops_lets_its_streams_go() -> None:
    async def scenario(feed: EventFeed, database: _Database) -> None:
        id_ = new_id()
        database.histories[id_] = ["task.processing"]
        with feed.listening(id_, None) as listener:
            await listener.next(5)
            feed.release()
            await listener.next(5)
            assert (listener.is_over, listener.is_finished) == (True, False)

    _play(scenario)


def test_who_comes_is_told_while_the_others_are_not_looked_at() -> None:
    async def scenario(feed: EventFeed, database: _Database) -> None:
        # Given many streams, whose looks take so long that long rests follow
        database.histories = {new_id(): ["task.processing"] for _ in range(100)}
        database.seconds = 0.4
        first, *others = database.histories
        with ExitStack() as streams:
            for task in others:
                streams.enter_context(feed.listening(task, None))
            await _until(lambda: len(database.asked) == 1)
            await asyncio.sleep(0.5)
            database.seconds = 0.0
            # When one more comes
            with feed.listening(first, None) as listener:
                async with asyncio.timeout(0.5):
                    assert await listener.next(5)

        # Then its task alone was asked for
        assert database.asked == [99, 1]

    _play(scenario)


def test_slow_answers_are_not_followed_by_ever_longer_rests() -> None:
    async def scenario(feed: EventFeed, database: _Database) -> None:
        id_ = new_id()
        database.histories[id_] = ["task.processing"]
        database.seconds = 1.0
        with feed.listening(id_, None) as listener:
            await listener.next(5)
            database.seconds = 0.0
            database.histories[id_].append("task.succeeded")
            assert b"event: result" in await listener.next(2)

    _play(scenario)
