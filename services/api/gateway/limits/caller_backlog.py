"""How many tasks of one customer wait to be published, known without asking every time."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import LiteralString
from uuid import UUID

import psycopg
import structlog

from gateway.authentication import Caller
from gateway.database import Pool
from gateway.problems import TooManyWaiting
from gateway.tasks.backlog import Backlog
from warren.contracts.webhooks import DeliverWebhook

STALE_AFTER = 1.0
_CUSTOMERS = 10_000
_RETRY_AFTER = 5
_log = structlog.get_logger(__name__)

# One descent for each queue, then only the customer's own rows, and no more than count. Deliveries
# wait for receivers: their owner could not submit any more, as nobody answers somewhere.
_WAITING: LiteralString = """
WITH RECURSIVE queues AS (
    (SELECT queue FROM outbox ORDER BY queue LIMIT 1)
    UNION ALL
    SELECT (SELECT o.queue FROM outbox o WHERE o.queue > queues.queue ORDER BY o.queue LIMIT 1)
    FROM queues WHERE queue IS NOT NULL
)
SELECT count(*) AS rows FROM (
    SELECT FROM queues JOIN outbox USING (queue)
    WHERE customer_id = %s AND kind <> %s LIMIT %s) AS counted
"""


@dataclass(slots=True)
class _Known:
    rows: int
    until: float


class CallerBacklogs:
    """Refuses submissions of a customer that has enough waiting already.

    Counts only while the whole outbox might hold that many rows; an answer is believed for
    STALE_AFTER seconds, and what this process accepted since is added to it.
    """

    def __init__(
        self, pool: Pool, backlog: Backlog, limit: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._pool = pool
        self._backlog = backlog
        self._limit = limit
        self._clock = clock
        self._known: dict[UUID, _Known] = {}

    async def ensure_room(self, caller: Caller) -> None:
        """Raise TooManyWaiting while the caller has no room."""
        limit = caller.waiting_limit or self._limit
        if self._backlog.rows_at_most < limit:
            return
        known = self._known.get(caller.customer_id)
        if known is None or known.until <= self._clock():
            known = await self._count(caller.customer_id, limit) or known
        if known is not None and known.rows >= limit:
            raise TooManyWaiting(
                f"{limit} of your tasks wait to be started; try again when some have",
                retry_after=_RETRY_AFTER,
            )

    def note_accepted(self, caller: Caller) -> None:
        """One more row, until the next count."""
        known = self._known.get(caller.customer_id)
        if known is not None:
            known.rows += 1

    async def _count(self, customer_id: UUID, limit: int) -> _Known | None:
        asked = self._clock()
        try:
            async with self._pool.connection() as connection:
                cursor = await connection.execute(
                    _WAITING, [customer_id, DeliverWebhook.kind, limit]
                )
                row = await cursor.fetchone()
        except psycopg.OperationalError as error:
            # The submission itself will find the database gone, and say so.
            _log.debug("caller_backlog_not_counted", error=str(error))
            return None
        if len(self._known) >= _CUSTOMERS:
            self._known.clear()
        # A slow count is not repeated at once: it takes a tenth of the time at most.
        took = self._clock() - asked
        known = _Known(int(row["rows"]) if row else 0, self._clock() + max(STALE_AFTER, 10 * took))
        self._known[customer_id] = known
        return known
