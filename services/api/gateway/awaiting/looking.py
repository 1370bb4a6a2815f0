"""One look into the database for all requests of a process that wait for something there."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import psycopg
import structlog
from psycopg_pool import PoolTimeout

from gateway.database import Pool

#: Seconds between two looks; a look that takes long is followed by a longer rest.
_REST = 0.025
_REST_PER_LOOK = 10
_REST_IN_OUTAGE = 0.5
_log = structlog.get_logger(__name__)


class SharedLook:
    """Looks again and again, but only while `is_wanted` (decision 0022).

    `look` is given a connection, which it must not keep. An outage of the database is waited out.
    Its owner calls `release` at the end of the process.
    """

    def __init__(
        self, pool: Pool, look: Callable[[Any], Awaitable[None]], is_wanted: Callable[[], bool]
    ) -> None:
        self._pool = pool
        self._look = look
        self._is_wanted = is_wanted
        self._watch: asyncio.Task[None] | None = None
        self._released = asyncio.Event()

    @property
    def is_released(self) -> bool:
        """Whether nobody is to wait any more."""
        return self._released.is_set()

    def begin(self) -> None:
        """Look on, as somebody has come to wait."""
        if self._watch is None:
            self._watch = asyncio.create_task(self._look_on())

    def release(self) -> None:
        """Look no more."""
        self._released.set()

    async def _look_on(self) -> None:
        try:
            while self._is_wanted() and not self._released.is_set():
                rest = await self._once()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._released.wait(), rest)
        finally:
            self._watch = None

    async def _once(self) -> float:
        """Returns how long to rest, in seconds."""
        started = time.monotonic()
        try:
            async with self._pool.connection() as connection:
                await self._look(connection)
        except (psycopg.OperationalError, PoolTimeout) as error:
            _log.warning("tasks_not_seen", error=str(error))
            return _REST_IN_OUTAGE
        except Exception:  # noqa: BLE001 - see below
            # Those who wait are many: what one of them provokes must not leave all in the dark.
            _log.error("tasks_not_seen", exc_info=True)
            return _REST_IN_OUTAGE
        return max(_REST, _REST_PER_LOOK * (time.monotonic() - started))
