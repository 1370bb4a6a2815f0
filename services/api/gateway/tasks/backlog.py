"""How many accepted tasks wait to be published, known without asking on every submission."""

import asyncio
import time
from collections.abc import Callable
from typing import LiteralString

import psycopg
import structlog
from psycopg import AsyncConnection
from psycopg.rows import DictRow

from gateway.database import Pool
from gateway.problems import BacklogFull

STALE_AFTER = 1.0
#: No outbox row is smaller than 96 bytes, so that no 8 KiB page holds more of them.
_ROWS_PER_PAGE = 85
_log = structlog.get_logger(__name__)

_MOST_POSSIBLE = "SELECT pg_relation_size('outbox') / 8192 * %s AS rows"
# Deliveries in backoff wait for receivers, not for the relay: one of them that is dead must not
# fill everybody's room. How many there may be is bounded elsewhere.
_EXACT = """
SELECT count(*) AS rows FROM (
    SELECT FROM outbox WHERE kind <> 'webhook.deliver' LIMIT %s) AS counted
"""


class Backlog:
    """Refuses submissions while the outbox is full.

    The table's size on disk bounds its rows; they are counted only while that bound exceeds the
    limit. The answer is at most STALE_AFTER seconds old, plus what this process accepted since.
    """

    def __init__(self, pool: Pool, limit: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._pool = pool
        self._limit = limit
        self._clock = clock
        self._rows = 0
        self._counted = False
        self._known_until = float("-inf")
        self._measuring: asyncio.Task[None] | None = None

    @property
    def rows_at_most(self) -> int:
        """The rows there can be, as far as is known."""
        return self._rows

    async def ensure_room(self) -> None:
        """Raise BacklogFull while there is no room."""
        if self._clock() >= self._known_until:
            self._start_measuring()
        if self._rows < self._limit:
            return
        if not self._counted:
            self._start_measuring()
        if self._measuring is not None:
            # Only whoever would be refused waits for the news.
            await asyncio.shield(self._measuring)
        if self._rows >= self._limit:
            raise BacklogFull(
                f"{self._limit} accepted tasks wait to be published; try again later", retry_after=5
            )

    def note_accepted(self) -> None:
        """One more row, until the next measurement."""
        self._rows += 1

    def _start_measuring(self) -> None:
        if self._measuring is None:
            self._measuring = asyncio.create_task(self._measure())
            self._measuring.add_done_callback(self._measured)

    def _measured(self, _: asyncio.Task[None]) -> None:
        self._measuring = None

    async def _measure(self) -> None:
        asked = self._clock()
        try:
            async with self._pool.connection() as connection:
                await self._ask(connection)
        except psycopg.OperationalError as error:
            # The submission itself will find the database gone, and say so.
            _log.debug("backlog_not_measured", error=str(error))
            return
        # A slow count is not repeated at once: it takes a tenth of the time at most.
        self._known_until = self._clock() + max(STALE_AFTER, 10 * (self._clock() - asked))

    async def _ask(self, connection: AsyncConnection[DictRow]) -> None:
        accepted_before = self._rows
        most = await _number(connection, _MOST_POSSIBLE, _ROWS_PER_PAGE)
        self._counted = most >= self._limit or accepted_before >= self._limit
        self._rows = await _number(connection, _EXACT, self._limit) if self._counted else most


async def _number(connection: AsyncConnection[DictRow], query: LiteralString, value: int) -> int:
    row = await (await connection.execute(query, [value])).fetchone()
    return int(row["rows"]) if row else 0
