"""Writes of concurrent requests that share a transaction; a bad one never fails its neighbours."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import psycopg
import structlog
from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg_pool import PoolTimeout

from gateway.database import Pool
from gateway.problems import DatabaseUnavailable, FieldError, InvalidFields, Problem
from gateway.tasks.answering import WAITING_LIMIT, answer, fail, too_many

Item = TypeVar("Item")
Answer = TypeVar("Answer")
Write = Callable[[AsyncConnection[DictRow], list[Item]], Awaitable[Sequence[Answer | Problem]]]

#: While one batch commits, the next one forms and may start; more only makes batches smaller.
_WRITERS = 2
#: So many items are worth a batch beside another one. Fewer wait for its end, for a batch costs
#: much by itself: with less, two processes on two cores accepted a fifth less than they do.
_WORTH_A_BATCH = 16
#: Seconds. A batch that is held up, by a lock for example, holds the others up no longer.
_PATIENCE = 0.02
#: Another connection, or the same after a while, may do better.
ELSEWHERE = (
    psycopg.OperationalError,
    psycopg.errors.ReadOnlySqlTransaction,
    psycopg.errors.IdleInTransactionSessionTimeout,
)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[Item, Answer]):
    item: Item
    answered: asyncio.Future[Answer]


class SharedCommits(Generic[Item, Answer]):
    """Takes items from concurrent requests and has them written together, in order of arrival.

    `write` commits all it is given or nothing, and answers each, with a Problem if need be. It may
    be called again with the same items: nobody knows whether a connection broke before or after
    the commit. `field` is what an item is called that PostgreSQL cannot store.

    Its owner calls `start` within a running event loop, and `close`.
    """

    def __init__(
        self, pool: Pool, write: Write[Item, Answer], *, batch: int, field: str = "payload"
    ) -> None:
        self._pool = pool
        self._write_items = write
        self._batch = batch
        self._field = field
        self._waiting: asyncio.Queue[_Waiting[Item, Answer]] = asyncio.Queue(WAITING_LIMIT)
        self._writers: list[asyncio.Task[None]] = []
        self._forming = asyncio.Lock()
        self._writing = 0
        self._worth_it = asyncio.Event()

    def start(self) -> None:
        """Start writing."""
        self._writers = [asyncio.create_task(self._write_on()) for _ in range(_WRITERS)]

    async def close(self) -> None:
        """Stop writing; whoever still waits gets CancelledError."""
        for writer in self._writers:
            writer.cancel()
        await asyncio.gather(*self._writers, return_exceptions=True)
        while not self._waiting.empty():
            self._waiting.get_nowait().answered.cancel()

    async def submit(self, item: Item) -> Answer:
        """Return the answer once `item` is committed.

        Raises DatabaseUnavailable if it could not be, InvalidFields if PostgreSQL cannot store it,
        and the Problem with which it was answered.
        """
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        waiting = _Waiting(item, answered)
        try:
            self._waiting.put_nowait(waiting)
        except asyncio.QueueFull as error:
            raise too_many("submissions are waiting to be written") from error
        if self._waiting.qsize() >= _WORTH_A_BATCH:
            self._worth_it.set()
        return await answered

    async def _write_on(self) -> None:
        while True:
            batch: list[_Waiting[Item, Answer]] = []
            try:
                async with self._forming:
                    await self._fill(batch)
                await self._write_counted(batch)
            except BaseException as error:
                # Nobody may be left waiting when this writer is stopped.
                _fail(batch, error)
                raise

    async def _fill(self, batch: list[_Waiting[Item, Answer]]) -> None:
        batch.append(await self._waiting.get())
        if self._writing and self._waiting.qsize() < _WORTH_A_BATCH:
            self._worth_it.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_PATIENCE):
                    await self._worth_it.wait()
        while len(batch) < self._batch and not self._waiting.empty():
            batch.append(self._waiting.get_nowait())

    async def _write_counted(self, batch: list[_Waiting[Item, Answer]]) -> None:
        self._writing += 1
        try:
            await self._write(batch)
        finally:
            self._writing -= 1
            self._worth_it.set()

    async def _write(self, batch: list[_Waiting[Item, Answer]]) -> None:
        try:
            answers = await self._commit([waiting.item for waiting in batch])
            for waiting, said in zip(batch, answers, strict=True):
                answer(waiting.answered, said)
        except ELSEWHERE as error:
            _log.warning("submissions_refused", count=len(batch), error=str(error))
            _fail(batch, database_unavailable())
        except Exception as error:  # noqa: BLE001 - a writer survives whatever its items provoke
            await self._write_apart(batch, error)

    async def _write_apart(self, batch: list[_Waiting[Item, Answer]], error: Exception) -> None:
        """One of them cannot be stored: its neighbours must not pay for it."""
        if len(batch) > 1:
            for waiting in batch:
                await self._write([waiting])
            return
        if isinstance(error, psycopg.DataError):
            _log.warning("submission_not_storable", error=str(error))
            _fail(batch, not_storable(self._field, error))
        else:
            _fail(batch, error)

    async def _commit(self, items: list[Item]) -> Sequence[Answer | Problem]:
        try:
            async with self._pool.connection() as connection:
                return await self._write_items(connection, items)
        except PoolTimeout:
            raise
        except ELSEWHERE:
            # The connection broke, and nobody knows whether before the commit or after it.
            async with self._pool.connection() as connection:
                return await self._write_items(connection, items)


def not_storable(field: str, error: psycopg.DataError) -> InvalidFields:
    """What a caller is told of a value that PostgreSQL refuses."""
    return InvalidFields([FieldError(field, f"cannot be stored: {str(error).splitlines()[0]}")])


def database_unavailable() -> DatabaseUnavailable:
    """What a caller is told while PostgreSQL is away."""
    return DatabaseUnavailable("PostgreSQL does not answer; try again in a moment")


def _fail(batch: list[_Waiting[Item, Answer]], error: BaseException) -> None:
    fail((waiting.answered for waiting in batch), error)
