"""What all clean-ups have in common: an operator's job, long, in the low lane, with a report."""

from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from psycopg import Connection

from gateway.housekeeping.cleaning.jobs import CleanUp
from gateway.housekeeping.cleaning.report import CleaningReport, Tally
from gateway.housekeeping.cleaning.steps import Check
from gateway.housekeeping.cleaning.trashing import trash_noted
from gateway.housekeeping.config import HousekeepingSettings
from gateway.housekeeping.surroundings import database_of
from warren.artifacts import ArtifactStore, open_store
from warren.contracts.kinds import Audience
from warren.contracts.lanes import Lane
from warren.worker import JobContext, Worker

JobT = TypeVar("JobT", bound=CleanUp)
ReportT = TypeVar("ReportT", bound=CleaningReport)


@dataclass(frozen=True, slots=True)
class Cleaning:
    """One run: what it works with, and its sum so far. `check` raises to end it."""

    connection: Connection[Any]
    store: ArtifactStore
    settings: HousekeepingSettings
    tally: Tally
    check: Check

    def days_ago(self, days: int) -> datetime:
        """On the database's clock."""
        ((now,),) = self.connection.execute("SELECT clock_timestamp()").fetchall()
        moment: datetime = now - timedelta(days=days)
        return moment

    def trash(self) -> None:
        """Move what was noted to the trash."""
        if not self.tally.dry_run:
            trash_noted(self.connection, self.store, self.tally, self.check)


class CleanUpWorker(Worker[JobT, ReportT]):
    """Repeated, or beside another, it cleans up what is left."""

    audience = Audience.OPERATOR
    lane = Lane.LOW
    time_limit = 6 * 3600
    soft_time_limit = 0.9 * 6 * 3600

    def perform(self, job: JobT, context: JobContext) -> ReportT:
        """Clean up, and report."""
        with self._cleaning(job, context) as cleaning:
            more = self.clean(cleaning, job.days_old)
            report: ReportT = self.result_type(**cleaning.tally.report, **more)
        return report

    @abstractmethod
    def clean(self, cleaning: Cleaning, days_old: int | None) -> dict[str, Any]:
        """Clean up what is older than `days_old`, or than its setting says; returns what the report
        has beside the sum."""

    @contextmanager
    def _cleaning(self, job: CleanUp, context: JobContext) -> Iterator[Cleaning]:
        settings = HousekeepingSettings()
        store = open_store(settings.artifacts_url)
        tally = Tally(job.dry_run)
        with database_of(settings) as connection:
            yield Cleaning(connection, store, settings, tally, context.check_cancelled)
