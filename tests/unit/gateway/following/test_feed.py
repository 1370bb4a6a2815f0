"""One look feeds all streams of a process."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from typing import Any, cast
from uuid import UUID

import pytest

from gateway.artifacts.links import ArtifactLinks
from gateway.database import Pool
from gateway.following.feed import EventFeed
from gateway.following.listener import Listener
from gateway.following.reading import FIRST_PAGE, PAGE
from tests.unit.gateway.looked_at import LookedAt, until
from warren.contracts.ids import new_id


class _Database(LookedAt):
    """Tasks with their histories.

    An entry is a type, `task.processing`, with its generation behind an @ if it is not the first.
    """

    def __init__(self) -> None:
        super().__init__()
        self.histories: dict[UUID, list[str]] = {}
        #: How long an answer takes.
        self.seconds = 0.0
        #: Entries that the answers had.
        self.read: list[int] = []
        #: Of how many tasks the questions wanted a whole page.
        self.pages: list[int] = []

    async def found(self, values: dict[str, Any]) -> list[dict[str, Any]]:
        await asyncio.sleep(self.seconds)
        if "told" in values:
            # No look of its own: it is asked just before one.
            self.asked.pop()
            asked = zip(values["ids"], values["told"], strict=True)
            return [{"place": n, **self._start(*one)} for n, one in enumerate(asked)]
        self.pages.append(values["most"].count(PAGE))
        columns = [values[name] for name in ("ids", "versions", "numbers", "most")]
        wanted = zip(*columns, strict=True)
        return [row for n, one in enumerate(wanted) for row in self._changed(n, *one)]

    def _entries(self, id_: UUID) -> tuple[list[dict[str, Any]], int]:
        history = [_entry(n, said) for n, said in enumerate(self.histories[id_], 1)]
        return history, max(entry["generation"] for entry in history)

    def _start(self, id_: UUID, told: int | None) -> dict[str, int]:
        history, generation = self._entries(id_)
        own = [entry["number"] for entry in history if entry["generation"] == generation]
        count = min(own) - 1 if told is None else min(told, len(history))
        return {"count": count, "number": count}

    def _changed(
        self, place: int, id_: UUID, version: str, number: int, most: int
    ) -> list[dict[str, Any]]:
        history, generation = self._entries(id_)
        if version == str(len(history)) and number == len(history):
            return []
        last = [entry["type"] for entry in history if entry["generation"] == generation]
        task: dict[str, Any] = {
            "kind": "k",
            "state": "succeeded" if "task.succeeded" in last else "processing",
            "generation": generation,
            "lacks_end": False,
        }
        task |= {"attempt": 1, "progress": 0, "message": None, "error": None, "result": None}
        task |= {"cleaned_at": None, "processing_seconds": 0.0, "version": str(len(history))}
        entries = history[number : number + most]
        self.read.append(len(entries))
        return [{"place": place, "entries": entries or None, **task}]


def _entry(number: int, said: str) -> dict[str, Any]:
    type_, _, generation = said.partition("@")
    entry = {"number": number, "type": type_, "generation": int(generation or 1)}
    return {**entry, "attempt": 1, "at": "", "data": {}}


Scenario = Callable[[EventFeed, _Database], Awaitable[None]]


def _play(scenario: Scenario) -> None:
    async def main() -> None:
        database = _Database()
        feed = EventFeed(cast("Pool", database), ArtifactLinks([], 60))
        async with asyncio.timeout(30):
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
        # Then nothing is left that could ask
        await until(lambda: len(asyncio.all_tasks()) == 1)
        assert asyncio.all_tasks() == {asyncio.current_task()}

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


async def _heard(listener: Listener) -> list[int]:
    """The ids of all events up to the end."""
    said = b""
    while not (listener.is_over and listener.has_nothing):
        said += await listener.next(5)
    return [int(id_) for id_ in re.findall(rb"^id: (\d+)$", said, re.MULTILINE)]


@pytest.mark.parametrize("told", [None, 1, PAGE, 2 * PAGE + 5, 3 * PAGE + 7])
def test_a_long_history_is_told_page_by_page(told: int | None) -> None:
    async def scenario(feed: EventFeed, database: _Database) -> None:
        # Given a task that has ended, after more than one page
        id_, count = new_id(), 3 * PAGE + 7
        database.histories[id_] = ["task.retrying"] * (count - 1) + ["task.succeeded"]
        # When somebody follows it, who has seen so much of it
        with feed.listening(id_, told) as listener:
            heard = await _heard(listener)
        # Then each event that is missing is told once, and no answer had more than a page
        assert heard == list(range((told or 0) + 1, count + 1))
        assert listener.is_finished
        assert max(database.read) <= PAGE

    _play(scenario)


def test_of_what_a_client_does_not_take_no_more_than_its_first_pages_are_held() -> None:
    async def scenario(feed: EventFeed, database: _Database) -> None:
        # Given two who follow a task with a long history, of whom one takes nothing
        id_ = new_id()
        database.histories[id_] = ["task.retrying"] * (3 * PAGE)
        with feed.listening(id_, None) as slow, feed.listening(id_, None) as quick:
            while quick.is_new:
                await quick.next(5)
            # When the task ends
            database.histories[id_].append("task.succeeded")
            await _heard(quick)
            # Then the other one has been told two pages, and is told the rest when it takes them
            assert (slow.is_over, slow.is_new) == (False, True)
            held = FIRST_PAGE + PAGE
            assert (await slow.next(5)).count(b"\nevent: status") == held
            assert await _heard(slow) == list(range(held + 1, 3 * PAGE + 2))
            assert slow.is_finished

    _play(scenario)


def test_of_many_long_histories_few_are_read_at_a_time_and_all_are_told() -> None:
    async def scenario(feed: EventFeed, database: _Database) -> None:
        # Given fifty tasks with long histories, and somebody who comes to each of them at once
        count = PAGE + 200
        histories = [["task.retrying"] * (count - 1) + ["task.succeeded"] for _ in range(50)]
        database.histories = {new_id(): history for history in histories}

        async def follow(id_: UUID) -> list[int]:
            with feed.listening(id_, 0) as listener:
                return await _heard(listener)

        heard = await asyncio.gather(*map(follow, database.histories))

        assert heard == [list(range(1, count + 1))] * 50
        assert max(database.pages) == 20
        assert max(database.read) <= PAGE

    _play(scenario)


def test_who_leaves_while_the_answer_comes_is_not_told(capsys: pytest.CaptureFixture[str]) -> None:
    async def scenario(feed: EventFeed, database: _Database) -> None:
        leaving, staying = new_id(), new_id()
        database.histories = {leaving: ["task.processing"], staying: ["task.processing"]}
        database.seconds = 0.1
        with feed.listening(staying, None) as listener:
            with feed.listening(leaving, None):
                await until(lambda: len(database.asked) == 1)
            assert b"event: status" in await listener.next(5)

    _play(scenario)
    assert "task_not_told" not in capsys.readouterr().out


def test_who_comes_to_a_long_history_keeps_nobody_else_waiting() -> None:
    async def scenario(feed: EventFeed, database: _Database) -> None:
        id_ = new_id()
        database.histories[id_] = ["task.retrying"] * (5 * PAGE)
        with feed.listening(id_, 5 * PAGE) as there:
            await there.next(5)
            with feed.listening(id_, 0) as comes:
                first = (await comes.next(5)).count(b"\nevent: status")
                # What is recorded meanwhile is told to those who have heard the rest
                database.histories[id_].append("task.succeeded")
                assert await _heard(there) == [5 * PAGE + 1]
                assert comes.is_new
                assert await _heard(comes) == list(range(first + 1, 5 * PAGE + 2))

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
            await until(lambda: len(database.read) == len(others))
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
