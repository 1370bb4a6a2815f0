"""One waiter for all requests of a process that wait for ends of tasks."""

import asyncio
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import LiteralString
from uuid import UUID

import psycopg
import structlog
from psycopg_pool import PoolTimeout

from gateway.database import Pool

_ENDED: LiteralString = """
SELECT id FROM tasks WHERE id = ANY (%(ids)s::uuid[]) AND id BETWEEN %(low)s AND %(high)s
    AND state IN ('succeeded', 'failed', 'cancelled', 'expired')
"""
#: Seconds between two looks; a look that takes long is followed by a longer rest.
_REST = 0.025
_REST_PER_LOOK = 10
_REST_IN_OUTAGE = 0.5
_log = structlog.get_logger(__name__)


class EndWaiter:
    """Asks the database for all tasks that are waited for together, and only while some are.

    At most `limit` requests wait at a time. Its owner calls `release` to let all of them go.
    """

    def __init__(self, pool: Pool, limit: int) -> None:
        self._pool = pool
        self._limit = limit
        self._waiting: dict[UUID, set[asyncio.Future[bool]]] = {}
        self._count = 0
        self._watch: asyncio.Task[None] | None = None
        self._released = asyncio.Event()

    @property
    def count(self) -> int:
        """How many requests wait now."""
        return self._count

    @property
    def is_full(self) -> bool:
        """Whether nobody else can wait now."""
        return self._released.is_set() or self._count >= self._limit

    async def ended(self, task_id: UUID) -> bool:
        """Return True once the task has ended, False when the process does not wait any longer.

        Whoever waits sets a limit of its own, by cancelling this.
        """
        if self.is_full:
            return False
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(task_id, set()).add(future)
        self._count += 1
        if self._watch is None:
            self._watch = asyncio.create_task(self._look_on())
        try:
            return await future
        finally:
            self._count -= 1
            self._forget(task_id, future)

    def release(self) -> None:
        """Let everybody go, and nobody wait any more."""
        self._released.set()
        self._tell(list(self._waiting), ended=False)

    def _forget(self, task_id: UUID, future: asyncio.Future[bool]) -> None:
        others = self._waiting.get(task_id, set())
        others.discard(future)
        if not others:
            self._waiting.pop(task_id, None)

    def _tell(self, ids: Iterable[UUID], *, ended: bool) -> None:
        for task_id in ids:
            for future in self._waiting.pop(task_id, ()):
                if not future.done():
                    future.set_result(ended)

    async def _look_on(self) -> None:
        try:
            while self._waiting and not self._released.is_set():
                rest = await self._look()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._released.wait(), rest)
        finally:
            self._watch = None

    async def _look(self) -> float:
        """Tell those whose task has ended; returns how long to rest, in seconds."""
        started = time.monotonic()
        ids = sorted(self._waiting)
        try:
            async with self._pool.connection() as connection:
                values = {"ids": ids, "low": ids[0], "high": ids[-1]}
                rows = await (await connection.execute(_ENDED, values)).fetchall()
        except (psycopg.OperationalError, PoolTimeout) as error:
            _log.warning("ends_of_tasks_not_seen", waited_for=len(ids), error=str(error))
            return _REST_IN_OUTAGE
        self._tell([row["id"] for row in rows], ended=True)
        return max(_REST, _REST_PER_LOOK * (time.monotonic() - started))
