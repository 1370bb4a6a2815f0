"""Looking for what is due, and firing it."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString

import psycopg
import structlog

from gateway.alerts.store import Alerts
from gateway.database import Pool
from gateway.database_work import is_outage
from gateway.problems import Problem, TemporarilyUnavailable, TooManyWaiting
from gateway.scheduling.firing import FiredElsewhere, FiringWriter
from gateway.scheduling.measures import Measures
from gateway.scheduling.record import StoredSchedule
from gateway.scheduling.refusals import accepted_again, postpone
from gateway.tasks.submission import Submissions
from gateway.transactions import Transactions
from warren.contracts.due_times import plan

#: Schedules that one look takes, and those of them that are fired at a time.
_MOST, _AT_A_TIME = 200, 4
#: Seconds until a due time that was refused is tried again: when that helps by itself, and when
#: somebody has to do something first.
_SOON, _LATER = 10.0, 60.0
#: Seconds between two looks while another scheduler has everything that is due.
_PAUSE = 0.2

_DUE: LiteralString = """
SELECT s.*, c.plan, c.waiting_limit, now() AS now
FROM schedules s LEFT JOIN customers c ON c.id = s.customer_id
WHERE enabled AND retired_at IS NULL AND fire_at <= now() ORDER BY fire_at LIMIT %s
"""
_NEXT: LiteralString = """
SELECT extract(epoch FROM min(fire_at) - now())::double precision AS seconds FROM schedules
WHERE enabled AND retired_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class DueSchedule:
    """A schedule that was due at `now`, on the database's clock."""

    schedule: StoredSchedule
    now: datetime


@dataclass(frozen=True, slots=True)
class Looker:
    """Fires what is due; any number of them may, in as many processes, at the same time.

    `submissions` ends in `writer`.
    """

    pool: Pool
    submissions: Submissions
    writer: FiringWriter
    transactions: Transactions
    alerts: Alerts
    measures: Measures

    async def look(self) -> float:
        """Fire what is due: one time of each schedule. Returns the seconds until the next is due.

        Raises psycopg.Error when the database cannot be used; whatever was not fired stays due.
        """
        due = await self._due()
        fired = 0
        for start in range(0, len(due), _AT_A_TIME):
            fired += await self._fire_all(due[start : start + _AT_A_TIME])
        seconds = await self._next()
        self.measures.lag.set(max(0.0, -seconds))
        self.measures.looked_at.set_to_current_time()
        if seconds > 0:
            return seconds
        return 0.0 if fired else _PAUSE

    async def _due(self) -> list[DueSchedule]:
        async with self.pool.connection() as connection:
            rows = await (await connection.execute(_DUE, [_MOST])).fetchall()
        due = [DueSchedule(StoredSchedule.of(row), row["now"]) for row in rows]
        # Schedulers that look at the same moment begin with different ones.
        random.shuffle(due)
        return due

    async def _next(self) -> float:
        """Seconds until something is due, negative if it is overdue; infinite without schedules."""
        async with self.pool.connection() as connection:
            row = await (await connection.execute(_NEXT)).fetchone()
        return float("inf") if row is None or row["seconds"] is None else float(row["seconds"])

    async def _fire_all(self, due: Sequence[DueSchedule]) -> int:
        done = await asyncio.gather(*map(self._fire, due), return_exceptions=True)
        for outcome in done:
            if isinstance(outcome, BaseException):
                raise outcome
        return sum(outcome is True for outcome in done)

    async def _fire(self, due: DueSchedule) -> bool:
        """Whether a task came to be. Raises psycopg.Error when the database cannot be used."""
        try:
            await self._submit(due)
        except FiredElsewhere:
            return False
        except (TemporarilyUnavailable, TooManyWaiting) as error:
            await self._refuse(due.schedule, error.detail, _SOON, needs_person=False)
            return False
        except Problem as error:
            await self._refuse(due.schedule, error.detail, _LATER, needs_person=True)
            return False
        except psycopg.Error as error:
            if is_outage(error):
                raise
            await self._fail(due.schedule, error)
            return False
        except Exception as error:  # noqa: BLE001 - one schedule must not hold up the others
            await self._fail(due.schedule, error)
            return False
        self.measures.fired.inc()
        return True

    async def _submit(self, due: DueSchedule) -> None:
        schedule = due.schedule
        # Years of missed minutes take a while to pass by.
        planned = await asyncio.to_thread(
            lambda: plan(schedule.rhythm, schedule.missed, schedule.next_due_at, due.now)
        )
        with self.writer.firing(schedule, planned) as task_id:
            await self.submissions.submit(
                schedule.caller(), schedule.envelope(planned.due_at), task_id=task_id
            )
        if schedule.refusal is not None:
            await self.transactions.run(
                lambda connection: accepted_again(connection, self.alerts, schedule)
            )

    async def _fail(self, schedule: StoredSchedule, error: Exception) -> None:
        _log().error("a schedule cannot be fired", schedule=schedule.name, exc_info=error)
        await self._refuse(schedule, f"{type(error).__name__}: {error}", _LATER, needs_person=True)

    async def _refuse(
        self, schedule: StoredSchedule, refusal: str, delay: float, *, needs_person: bool
    ) -> None:
        self.measures.refused.inc()
        await self.transactions.run(
            lambda connection: postpone(
                connection,
                self.alerts,
                schedule,
                refusal,
                delay=delay,
                needs_person=needs_person,
            )
        )


def _log() -> structlog.stdlib.BoundLogger:
    logger: structlog.stdlib.BoundLogger = structlog.get_logger("warren.scheduler")
    return logger
