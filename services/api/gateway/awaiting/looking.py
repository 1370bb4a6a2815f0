"""One look into the database for all requests of a process that wait for something there."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import psycopg
import structlog
from psycopg_pool import PoolTimeout

from gateway.database import Pool

#: Seconds between two looks at least; looks that take long are followed by longer rests, though not
#: for ever: on a machine with too much to do they take long whoever asks.
_REST = 0.025
#: Looks whose shortest decides: one that took long waited for a core, or for this process to tell a
#: thousand streams what the one before it had found.
_LOOKS = 3
_LONGEST_REST = 1.0
_REST_PER_LOOK = 10
_REST_IN_OUTAGE = 0.5
_log = structlog.get_logger(__name__)

Look = Callable[[Any], Awaitable[None]]


class SharedLook:
    """Looks again and again, but only while `is_wanted` (decision 0022).

    `look` is given a connection, which it must not keep; `look_at_new`, for those who have come
    since, is done within the rest that follows. An outage of the database is waited out. Its owner
    calls `release` at the end of the process.
    """

    def __init__(
        self,
        pool: Pool,
        look: Look,
        is_wanted: Callable[[], bool],
        *,
        look_at_new: Look | None = None,
        rest_per_look: float = _REST_PER_LOOK,
    ) -> None:
        self._pool = pool
        self._look = look
        self._look_at_new = look_at_new
        self._is_wanted = is_wanted
        self._rest_per_look = rest_per_look
        self._watch: asyncio.Task[None] | None = None
        self._awake = asyncio.Event()
        self._took: deque[float] = deque(maxlen=_LOOKS)
        self.is_released = False

    def begin(self) -> None:
        """Look on, as somebody has come to wait."""
        if self._watch is None:
            self._watch = asyncio.create_task(self._look_on())
        elif self._look_at_new is not None:
            self._awake.set()

    def release(self) -> None:
        """Look no more."""
        self.is_released = True
        self._awake.set()

    async def _look_on(self) -> None:
        try:
            while self._is_wanted() and not self.is_released:
                self._awake.clear()
                began = time.monotonic()
                if await self._once(self._look):
                    await self._rest(self._rest_after(time.monotonic() - began))
                else:
                    await self._rest(_REST_IN_OUTAGE)
        finally:
            self._watch = None

    async def _rest(self, seconds: float) -> None:
        ends_at = time.monotonic() + seconds
        while not self.is_released and (left := ends_at - time.monotonic()) > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._awake.wait()
            if self._awake.is_set() and self._look_at_new is not None and not self.is_released:
                self._awake.clear()
                await self._once(self._look_at_new)
                # Those who come meanwhile are looked at together.
                await asyncio.sleep(_REST)

    def _rest_after(self, took: float) -> float:
        self._took.append(took)
        return min(max(_REST, self._rest_per_look * min(self._took)), _LONGEST_REST)

    async def _once(self, look: Look) -> bool:
        """Whether there was an answer."""
        try:
            async with self._pool.connection() as connection:
                await look(connection)
        except (psycopg.OperationalError, PoolTimeout) as error:
            _log.warning("tasks_not_seen", error=str(error))
            return False
        except Exception:  # noqa: BLE001 - see below
            # Those who wait are many: what one of them provokes must not leave all in the dark.
            _log.error("tasks_not_seen", exc_info=True)
            return False
        return True
