"""Reads of concurrent requests that share a statement."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import islice
from typing import Generic, TypeVar

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from gateway.database import Pool

Key = TypeVar("Key")
Found = TypeVar("Found")
#: Whoever waits for what stands under a key.
_Asking = dict[Key, list[asyncio.Future[Found | None]]]
Read = Callable[[AsyncConnection[DictRow], Sequence[Key]], Awaitable[Mapping[Key, Found]]]

#: While one statement is under way, the next one gathers its keys and may start.
_READERS = 2
#: Keys of one statement.
_MOST = 256


class SharedReads(Generic[Key, Found]):
    """Reads for all who ask at the same time; nobody is told what was read before they asked.

    `read` is given keys, `most` of them and each once, and returns what it found.
    """

    def __init__(self, pool: Pool, read: Read[Key, Found], *, most: int = _MOST) -> None:
        self._pool = pool
        self._most = most
        self._read = read
        self._waiting: _Asking[Key, Found] = {}
        self._reading = 0
        self._readers: set[asyncio.Task[None]] = set()

    async def find(self, key: Key) -> Found | None:
        """What stands under `key`, None if nothing; read after this was called.

        Raises what the statement raises, psycopg.OperationalError without a database.
        """
        answered: asyncio.Future[Found | None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, []).append(answered)
        if self._reading < _READERS:
            self._reading += 1
            reader = asyncio.create_task(self._read_on())
            self._readers.add(reader)
            reader.add_done_callback(self._readers.discard)
        return await answered

    async def _read_on(self) -> None:
        try:
            while self._waiting:
                await self._read_next()
        finally:
            self._reading -= 1

    async def _read_next(self) -> None:
        asking: _Asking[Key, Found] = {}
        try:
            async with self._pool.connection() as connection:
                # Those who came while it was waited for are answered, too.
                asking = self._take()
                found = await self._read(connection, list(asking)) if asking else {}
        except Exception as error:  # noqa: BLE001 - it is for those who ask, who all get it
            _fail(asking or self._take(), error)
        except BaseException:
            # Nobody may be left waiting when this reader is stopped.
            _cancel(asking or self._take())
            raise
        else:
            _answer(asking, found)

    def _take(self) -> _Asking[Key, Found]:
        return {key: self._waiting.pop(key) for key in list(islice(self._waiting, self._most))}


def _answer(asking: _Asking[Key, Found], found: Mapping[Key, Found]) -> None:
    for key, waiting in asking.items():
        for answered in waiting:
            if not answered.done():
                answered.set_result(found.get(key))


def _fail(asking: _Asking[Key, Found], error: Exception) -> None:
    for waiting in asking.values():
        for answered in waiting:
            if not answered.done():
                answered.set_exception(error)


def _cancel(asking: _Asking[Key, Found]) -> None:
    for waiting in asking.values():
        for answered in waiting:
            answered.cancel()
