"""A sweep that somebody asks for, beside those that the housekeeper does all the time."""

import time
from contextlib import closing
from threading import Event
from typing import ClassVar

import psycopg
from pydantic import BaseModel

from gateway.database_session import DatabaseSession
from gateway.sweeping.config import HousekeeperSettings
from gateway.sweeping.issuing import Swept
from gateway.sweeping.sweeper import Sweeper
from warren.contracts.job import Job
from warren.contracts.kinds import Audience
from warren.contracts.lanes import Lane
from warren.errors import Unavailable
from warren.messaging.publisher import Publisher
from warren.worker import JobContext, Worker

_NAME = "warren-sweep"
_CONFIRM_TIMEOUT = 10.0
_CLOSE_TIMEOUT = 5.0
#: Seconds between two looks.
_PAUSE = 5.0


class Sweep(Job):
    """Look for lost tasks until it is sure (some two minutes), and issue them again."""

    kind: ClassVar[str] = "api.sweep"


class SweepReport(BaseModel):
    """Tasks that were issued again, have failed as lost, and were cancelled.

    `orphans` are rows of custody that nothing explained, and that are deleted.
    """

    reissued: int
    failed: int
    cancelled: int
    orphans: int


class SweepWorker(Worker[Sweep, SweepReport]):
    """Any number of sweeps may run: each decides under the tasks' locks."""

    audience = Audience.OPERATOR
    lane = Lane.CRITICAL
    max_retries = 0

    def perform(self, job: Sweep, context: JobContext) -> SweepReport:
        settings = HousekeeperSettings()
        publisher = Publisher(settings.amqp_url, name=_NAME, timeout=_CONFIRM_TIMEOUT)
        publisher.start()
        try:
            with closing(DatabaseSession(settings.database_url, name=_NAME)) as session:
                return _sweep(settings, session, publisher, context)
        except psycopg.OperationalError as error:
            raise Unavailable(f"the database does not answer: {error}") from error
        finally:
            publisher.close(_CLOSE_TIMEOUT)


def _sweep(
    settings: HousekeeperSettings,
    session: DatabaseSession,
    publisher: Publisher,
    context: JobContext,
) -> SweepReport:
    """What a fresh sweeper sees must have been so for `sweep_age`, and the broker be as long up."""
    sweeper, done = Sweeper(settings), Swept()
    connection = session.connection()
    began = time.monotonic()
    lasts = 2 * settings.sweep_age + 3 * _PAUSE
    while (passed := time.monotonic() - began) < lasts:
        context.progress(min(99, 100 * passed / lasts))
        done.add(sweeper.look(connection, publisher.connected_seconds))
        Event().wait(_PAUSE)
    return SweepReport(
        reissued=len(done.again),
        failed=len(done.failed),
        cancelled=len(done.cancelled),
        orphans=sweeper.repair(connection),
    )
