"""Whose keys are looked up, and how many at a time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from starlette.requests import Request

from gateway import authentication
from gateway.authentication import CACHE_SECONDS, Authenticator, Caller
from gateway.customers.keys import PresentedKey, new_key
from gateway.problems import DatabaseUnavailable, Problem, Unauthenticated
from tests.unit.gateway.looked_at import until
from warren.contracts.ids import new_id


class Table:
    """Stands in for the pool: knows keys, and notes how many are looked up at a time."""

    def __init__(self, *keys: PresentedKey) -> None:
        self.keys = {key.prefix: key for key in keys}
        self.open = self.most = self.asked = 0
        self.slow = asyncio.Event()
        self.slow.set()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator["Table"]:
        self.open += 1
        self.most = max(self.most, self.open)
        yield self
        self.open -= 1

    async def execute(self, _: str, values: list[str]) -> Any:
        self.asked += 1
        key = self.keys.get(values[0])
        if key is None:
            await self.slow.wait()
        return Rows(key)


class Rows:
    def __init__(self, key: PresentedKey | None) -> None:
        self._key = key

    async def fetchone(self) -> dict[str, Any] | None:
        if self._key is None:
            return None
        own = {"id": new_id(), "prefix": self._key.prefix, "secret_hash": self._key.secret_hash}
        names = ("expires_at", "waiting_limit", "requests_per_minute", "tasks_per_day")
        more = {"scopes": [], "customer_id": new_id(), "plan": "standard", "note_use": False}
        return {**own, **more, **dict.fromkeys(names)}


class Counted:
    def __init__(self) -> None:
        self.requests = 0

    async def count_request(self, caller: Caller) -> None:
        self.requests += 1


def asking(key: PresentedKey) -> Request:
    return Request({"type": "http", "headers": [(b"x-api-key", str(key).encode())]})


def test_whoever_makes_keys_up_leaves_connections_to_those_who_have_one() -> None:
    async def run() -> tuple[int, int]:
        # Given a caller who was recognised, and twenty strangers whose lookups take long
        key, now = new_key(), [0.0]
        table = Table(key)
        authenticator = Authenticator(table, Counted(), clock=lambda: now[0])  # type: ignore[arg-type]
        await authenticator.caller(asking(key))
        table.slow.clear()
        strangers = [
            asyncio.create_task(authenticator.caller(asking(new_key()))) for _ in range(20)
        ]
        await asyncio.sleep(0)
        # When the caller has to be looked up again, Then it does not wait for them
        now[0] += CACHE_SECONDS + 1
        await asyncio.wait_for(authenticator.caller(asking(key)), 5)
        most = table.most
        table.slow.set()
        answers = await asyncio.gather(*strangers, return_exceptions=True)
        return most, sum(isinstance(answer, Unauthenticated) for answer in answers)

    assert asyncio.run(run()) == (3, 20)


def test_whoever_waits_behind_keys_that_were_made_up_is_told_to_try_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(authentication, "_PATIENCE", 0.1)
    monkeypatch.setattr(authentication, "_MOST_WAITING", 3)

    async def run() -> list[Problem]:
        # Given a caller who was not seen yet, behind strangers whose lookups take long
        key = new_key()
        table = Table(key)
        table.slow.clear()
        authenticator = Authenticator(table, Counted())  # type: ignore[arg-type]
        strangers = [asyncio.create_task(authenticator.caller(asking(new_key()))) for _ in range(4)]
        await asyncio.wait_for(until(lambda: authenticator._waiting == 2), 5)
        # When there is room to wait, and then when there is none
        waiting = asyncio.create_task(authenticator.caller(asking(key)))
        await asyncio.wait_for(until(lambda: authenticator._waiting == 3), 5)
        with pytest.raises(DatabaseUnavailable) as refused:
            await authenticator.caller(asking(new_key()))
        assert not waiting.done()
        with pytest.raises(DatabaseUnavailable) as given_up:
            await asyncio.wait_for(waiting, 5)
        # Then it comes in once they are gone
        table.slow.set()
        await asyncio.gather(*strangers, return_exceptions=True)
        await authenticator.caller(asking(key))
        return [refused.value, given_up.value]

    for problem in asyncio.run(run()):
        assert (problem.status, problem.headers["Retry-After"]) == (503, "2")


def test_of_many_keys_that_are_known_the_oldest_is_forgotten_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(authentication, "_CACHE_ENTRIES", 3)

    async def run() -> list[int]:
        keys = [new_key() for _ in range(4)]
        table = Table(*keys)
        authenticator = Authenticator(table, Counted())  # type: ignore[arg-type]
        asked = []
        for key in [*keys, *keys[1:], keys[0]]:
            await authenticator.caller(asking(key))
            asked.append(table.asked)
        return asked

    assert asyncio.run(run()) == [1, 2, 3, 4, 4, 4, 4, 5]


def test_a_revoked_key_is_refused_once_it_is_looked_up_again_also_to_whoever_goes_on() -> None:
    async def run() -> None:
        key, now = new_key(), [0.0]
        table = Table(key)
        authenticator = Authenticator(table, Counted(), clock=lambda: now[0])  # type: ignore[arg-type]
        await authenticator.caller(asking(key))
        table.keys.clear()
        await authenticator.caller(asking(key))
        now[0] += CACHE_SECONDS + 1
        for _ in range(2):
            with pytest.raises(Unauthenticated):
                await authenticator.caller(asking(key))
        assert not await authenticator.still_recognises(asking(key))

    asyncio.run(run())


def test_a_request_counts_once_however_often_its_caller_is_asked_for() -> None:
    async def run() -> tuple[int, int]:
        key, counted = new_key(), Counted()
        table = Table(key)
        authenticator = Authenticator(table, counted)  # type: ignore[arg-type]
        request = asking(key)
        callers = {await authenticator.caller(request) for _ in range(3)}
        assert len(callers) == 1
        assert await authenticator.still_recognises(request)
        return counted.requests, table.asked

    assert asyncio.run(run()) == (1, 1)
