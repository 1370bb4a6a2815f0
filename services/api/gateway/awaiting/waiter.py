"""One waiter for all requests of a process that wait for ends of tasks."""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import LiteralString
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from gateway.awaiting.looking import SharedLook
from gateway.database import Pool

_ENDED: LiteralString = """
SELECT id FROM tasks WHERE id = ANY (%(ids)s::uuid[]) AND id BETWEEN %(low)s AND %(high)s
    AND state IN ('succeeded', 'failed', 'cancelled', 'expired')
"""


class EndWaiter:
    """Asks the database for all tasks that are waited for together, and only while some are.

    At most `limit` requests wait at a time. Its owner calls `release` to let all of them go.
    """

    def __init__(self, pool: Pool, limit: int) -> None:
        self._limit = limit
        self._waiting: dict[UUID, set[asyncio.Future[bool]]] = {}
        self._count = 0
        self._look = SharedLook(pool, self._tell_ended, lambda: bool(self._waiting))

    @property
    def count(self) -> int:
        """How many requests wait now, or hold the place to."""
        return self._count

    @property
    def is_full(self) -> bool:
        """Whether nobody else can wait now."""
        return self._look.is_released or self._count >= self._limit

    @contextmanager
    def place(self) -> Iterator[bool]:
        """Hold a place, for a task that is still to be accepted; False if there is none."""
        if self.is_full:
            yield False
            return
        self._count += 1
        try:
            yield True
        finally:
            self._count -= 1

    async def ended(self, task_id: UUID) -> bool:
        """Return True once the task has ended, False when the process does not wait any longer.

        Whoever waits sets a limit of its own, by cancelling this.
        """
        with self.place() as is_there:
            return is_there and await self.ended_in_place(task_id)

    async def ended_in_place(self, task_id: UUID) -> bool:
        """The same, for whoever holds a place."""
        if self._look.is_released:
            return False
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(task_id, set()).add(future)
        self._look.begin()
        try:
            return await future
        finally:
            self._forget(task_id, future)

    def release(self) -> None:
        """Let everybody go, and nobody wait any more."""
        self._look.release()
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

    async def _tell_ended(self, connection: AsyncConnection[DictRow]) -> None:
        ids = sorted(self._waiting)
        if ids:
            values = {"ids": ids, "low": ids[0], "high": ids[-1]}
            rows = await (await connection.execute(_ENDED, values)).fetchall()
            self._tell([row["id"] for row in rows], ended=True)
