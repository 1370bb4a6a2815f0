"""How many uploads may be under way at a time."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Request

from gateway.authentication import CALLER, Caller
from gateway.problems import NoUploadPlace, Problem, TooManyUploads

#: Seconds for which a place is waited for: most uploads are short.
_PATIENCE = 5.0
_RETRY_AFTER = 5


class UploadPlaces:
    """Of one process: `most` in all, `most_of_key` of one API key."""

    def __init__(self, most: int, most_of_key: int) -> None:
        self._most = most
        self._most_of_key = most_of_key
        self._all = asyncio.Semaphore(most)
        self._own: dict[str, asyncio.Semaphore] = {}
        self._users: Counter[str] = Counter()

    @asynccontextmanager
    async def taken(self, request: Request) -> AsyncIterator[None]:
        """Hold a place for the caller; raises TooManyUploads or NoUploadPlace if none comes free.

        Those who wait for a place of their key take none of everybody's.
        """
        caller: Caller = request.scope[CALLER]
        until = asyncio.get_running_loop().time() + _PATIENCE
        too_many = TooManyUploads(
            f"{self._most_of_key} uploads of this API key are under way: send this one after them",
            retry_after=_RETRY_AFTER,
        )
        no_place = NoUploadPlace(
            f"{self._most} uploads are under way here; try again in a while",
            retry_after=_RETRY_AFTER,
        )
        async with (
            self._of_key(caller.actor) as own,
            _held(own, until, too_many),
            _held(self._all, until, no_place),
        ):
            yield

    @asynccontextmanager
    async def _of_key(self, key: str) -> AsyncIterator[asyncio.Semaphore]:
        self._users[key] += 1
        try:
            yield self._own.setdefault(key, asyncio.Semaphore(self._most_of_key))
        finally:
            self._users[key] -= 1
            if not self._users[key]:
                del self._users[key], self._own[key]


@asynccontextmanager
async def _held(places: asyncio.Semaphore, until: float, problem: Problem) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout_at(until):
            await places.acquire()
    except TimeoutError as error:
        raise problem from error
    try:
        yield
    finally:
        places.release()
