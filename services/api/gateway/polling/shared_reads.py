"""Reads of concurrent requests that share a statement."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import chain, islice
from typing import Generic, TypeVar

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from gateway.database import Pool
from gateway.tasks.answering import WAITING_LIMIT, answer, fail, too_many

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
        self._count = 0
        self._reading = 0
        self._readers: set[asyncio.Task[None]] = set()

    async def find(self, key: Key) -> Found | None:
        """What stands under `key`, None if nothing; read after this was called.

        Raises what the statement raises, psycopg.OperationalError without a database, and
        DatabaseUnavailable if too many wait.
        """
        if self._count >= WAITING_LIMIT:
            raise too_many("statuses are waiting to be read")
        answered: asyncio.Future[Found | None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, []).append(answered)
        self._count += 1
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
        asking: _Asking[Key, Found] | None = None
        try:
            async with self._pool.connection() as connection:
                # Those who came while it was waited for are answered, too.
                asking = self._take(self._most)
                found = await self._read(connection, list(asking)) if asking else {}
            for key, waiting in asking.items():
                for answered in waiting:
                    answer(answered, found.get(key))
        except BaseException as error:
            # Without a connection the others would wait for the next one that does not come; and
            # nobody may be left waiting when this reader is stopped.
            failed = self._take(len(self._waiting)) if asking is None else asking
            fail(chain.from_iterable(failed.values()), error)
            if not isinstance(error, Exception):
                raise

    def _take(self, most: int) -> _Asking[Key, Found]:
        taken = {key: self._waiting.pop(key) for key in list(islice(self._waiting, most))}
        self._count -= sum(map(len, taken.values()))
        return taken
