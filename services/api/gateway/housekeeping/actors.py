"""The housekeeper's jobs. They run in its own process, the only worker with a database."""

from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from threading import Event
from typing import Any
from uuid import UUID

from psycopg import Connection

from gateway.database_session import DatabaseSession
from gateway.dead_letters.resolving import Resolved, count_open, discard_letters, replay_letters
from gateway.dead_letters.selection import LetterFilter
from gateway.housekeeping.books import RecordBookWorker
from gateway.housekeeping.bulk_tasks import cancel, retry, run_bulk_action
from gateway.housekeeping.checking.drift import CheckDriftWorker, CompareVersionsWorker
from gateway.housekeeping.checking.health import HealthCheckWorker
from gateway.housekeeping.cleaning.catalogue import CleanCatalogueWorker
from gateway.housekeeping.cleaning.workers import (
    CleanArtifactsWorker,
    CleanAudioWorker,
    CleanImagesWorker,
    CleanTasksWorker,
)
from gateway.housekeeping.erasing.worker import EraseCustomerWorker
from gateway.housekeeping.jobs import (
    BulkCancel,
    BulkResult,
    BulkRetry,
    BulkRetryResult,
    BulkTasksResult,
    DiscardDeadLetters,
    ReplayDeadLetters,
)
from gateway.housekeeping.repeating.resubmission import ResubmitWorker
from gateway.housekeeping.repeating.sweeping import SweepWorker
from gateway.housekeeping.statistics.workers import QueueStatsWorker, SystemStatsWorker
from gateway.sweeping.config import HousekeeperSettings
from warren.contracts.ids import id_time
from warren.contracts.kinds import Audience
from warren.errors import RejectedInput
from warren.worker import JobContext, Worker

__all__ = [
    "CheckDriftWorker",
    "CleanArtifactsWorker",
    "CleanAudioWorker",
    "CleanCatalogueWorker",
    "CleanImagesWorker",
    "CleanTasksWorker",
    "CompareVersionsWorker",
    "EraseCustomerWorker",
    "HealthCheckWorker",
    "QueueStatsWorker",
    "RecordBookWorker",
    "ResubmitWorker",
    "SweepWorker",
    "SystemStatsWorker",
]

#: Letters of one transaction, and seconds between two: others want the database, too.
_STEP = 200
_PAUSE = 0.1
_SIX_HOURS = 6 * 3600.0

Step = Callable[[Connection[Any], UUID | None], Resolved]


class ReplayDeadLettersWorker(Worker[ReplayDeadLetters, BulkResult]):
    """A run that is repeated goes on with what is still open."""

    audience = Audience.OPERATOR
    time_limit = _SIX_HOURS

    def perform(self, job: ReplayDeadLetters, context: JobContext) -> BulkResult:
        actor = f"task:{context.task_id}"
        # The next failure of a replayed task is a new letter, and not meant.
        chosen = recorded_before(job.filter, context.task_id)

        def step(connection: Connection[Any], after: UUID | None) -> Resolved:
            return replay_letters(connection, chosen, _STEP, actor, after=after)

        return _in_steps(chosen, step, context)


class DiscardDeadLettersWorker(Worker[DiscardDeadLetters, BulkResult]):
    """A run that is repeated goes on with what is still open."""

    audience = Audience.OPERATOR
    time_limit = _SIX_HOURS

    def perform(self, job: DiscardDeadLetters, context: JobContext) -> BulkResult:
        actor = f"task:{context.task_id}"

        def step(connection: Connection[Any], after: UUID | None) -> Resolved:
            return discard_letters(
                connection, job.filter, _STEP, actor, reason=job.reason, after=after
            )

        return _in_steps(job.filter, step, context)


class BulkCancelWorker(Worker[BulkCancel, BulkTasksResult]):
    """A run that is repeated goes on where the last one stood."""

    audience = Audience.OPERATOR
    time_limit = _SIX_HOURS

    def perform(self, job: BulkCancel, context: JobContext) -> BulkTasksResult:
        done = run_bulk_action(job.filter, cancel, context, HousekeeperSettings().database_url)
        return BulkTasksResult(changed=done.changed)


class BulkRetryWorker(Worker[BulkRetry, BulkRetryResult]):
    """A run that is repeated goes on where the last one stood."""

    audience = Audience.OPERATOR
    time_limit = _SIX_HOURS

    def perform(self, job: BulkRetry, context: JobContext) -> BulkRetryResult:
        done = run_bulk_action(job.filter, retry, context, HousekeeperSettings().database_url)
        return BulkRetryResult(changed=done.changed, customer_being_erased=done.being_erased)


def recorded_before(chosen: LetterFilter, action: UUID) -> LetterFilter:
    """The letters of the filter that were there when the action was asked for."""
    if chosen.is_empty:
        return chosen
    asked = id_time(action) + timedelta(milliseconds=1)
    return chosen.model_copy(update={"until": min(chosen.until or asked, asked)})


def _in_steps(chosen: LetterFilter, step: Step, context: JobContext) -> BulkResult:
    """Step through the letters, a transaction each; raises whatever the database raises."""
    if chosen.is_empty:
        raise RejectedInput("name at least one condition: it would mean all", field="filter")
    url = HousekeeperSettings().database_url
    with closing(DatabaseSession(url, name="warren-housekeeper-job")) as session:
        connection = session.connection()
        total = max(1, count_open(connection, chosen))
        resolved, after = 0, None
        while True:
            context.check_cancelled()
            with connection.transaction():
                done = step(connection, after)
            resolved, after = resolved + done.done, done.last
            if after is None:
                return BulkResult(resolved=resolved)
            context.progress(min(99, 100 * resolved // total), f"{resolved} resolved")
            Event().wait(_PAUSE)
