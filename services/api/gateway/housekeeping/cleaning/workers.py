"""Clean-ups that run every night; each also when somebody asks for it."""

from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection

from gateway.housekeeping.cleaning.audio import delete_old_audio
from gateway.housekeeping.cleaning.ended_tasks import clean_ended_tasks
from gateway.housekeeping.cleaning.jobs import (
    ArtifactsReport,
    CleanArtifacts,
    CleanAudio,
    CleanTasks,
    TasksReport,
)
from gateway.housekeeping.cleaning.orphans import delete_expired, delete_unused_uploads
from gateway.housekeeping.cleaning.partitions import drop_old_partitions
from gateway.housekeeping.cleaning.report import CleaningReport, Tally
from gateway.housekeeping.cleaning.trashing import empty_trash, trash_noted
from gateway.housekeeping.cleaning.unknown_contents import note_unknown_contents
from gateway.housekeeping.config import HousekeepingSettings
from gateway.housekeeping.surroundings import database_of
from warren.artifacts import open_store
from warren.contracts.kinds import Audience
from warren.contracts.lanes import Lane
from warren.worker import JobContext, Worker

_SIX_HOURS = 6 * 3600.0
_FORGET_STATISTICS = "DELETE FROM statistics WHERE at < %s"


class CleanAudioWorker(Worker[CleanAudio, CleaningReport]):
    """Repeated, or beside another, it deletes what is left."""

    audience = Audience.OPERATOR
    lane = Lane.LOW
    time_limit = _SIX_HOURS
    cron_schedule = "0 2 * * *"

    def perform(self, job: CleanAudio, context: JobContext) -> CleaningReport:
        settings = HousekeepingSettings()
        tally = Tally(job.dry_run)
        with database_of(settings) as connection:
            before = _ago(connection, job.days_old or settings.audio_days)
            delete_old_audio(connection, before, tally, context.check_cancelled)
            _trash(connection, settings, tally, context)
        return CleaningReport(**tally.report)


class CleanTasksWorker(Worker[CleanTasks, TasksReport]):
    """Repeated, or beside another, it cleans up what is left."""

    audience = Audience.OPERATOR
    lane = Lane.LOW
    time_limit = _SIX_HOURS
    cron_schedule = "30 2 * * *"

    def perform(self, job: CleanTasks, context: JobContext) -> TasksReport:
        settings = HousekeepingSettings()
        tally = Tally(job.dry_run)
        with database_of(settings) as connection:
            cleaned = clean_ended_tasks(
                connection,
                settings,
                job.days_old or settings.failed_days,
                tally,
                context.check_cancelled,
            )
            _trash(connection, settings, tally, context)
            dropped = _drop(connection, settings, tally)
        return TasksReport(cleaned_tasks=cleaned, dropped_partitions=dropped, **tally.report)


class CleanArtifactsWorker(Worker[CleanArtifacts, ArtifactsReport]):
    """Repeated, or beside another, it deletes what is left."""

    audience = Audience.OPERATOR
    lane = Lane.LOW
    time_limit = _SIX_HOURS
    cron_schedule = "30 3 * * *"

    def perform(self, job: CleanArtifacts, context: JobContext) -> ArtifactsReport:
        settings = HousekeepingSettings()
        tally, emptied = Tally(job.dry_run), Tally(job.dry_run)
        days, check = job.days_old or settings.orphan_days, context.check_cancelled
        store = open_store(settings.artifacts_url)
        with database_of(settings) as connection:
            deleted = delete_expired(connection, tally, check)
            deleted += delete_unused_uploads(connection, days, tally, check)
            note_unknown_contents(connection, store, days, tally, check)
            _trash(connection, settings, tally, context)
            if not job.dry_run:
                empty_trash(connection, store, settings.trash_days, emptied, check)
        tally.errors += emptied.errors
        return ArtifactsReport(
            deleted_artifacts=deleted, emptied_files=emptied.files, **tally.report
        )


def _trash(
    connection: Connection[Any],
    settings: HousekeepingSettings,
    tally: Tally,
    context: JobContext,
) -> None:
    if not tally.dry_run:
        trash_noted(connection, open_store(settings.artifacts_url), tally, context.check_cancelled)


def _drop(connection: Connection[Any], settings: HousekeepingSettings, tally: Tally) -> list[str]:
    """Partitions and statistics that are older than their ages."""
    before = _ago(connection, settings.summary_days)
    if not tally.dry_run:
        connection.execute(_FORGET_STATISTICS, [before])
    history = _ago(connection, settings.history_days)
    return [
        *drop_old_partitions(connection, "task_history", history, tally),
        *drop_old_partitions(connection, "tasks", before, tally),
    ]


def _ago(connection: Connection[Any], days: int) -> datetime:
    """So many days ago on the database's clock."""
    ((now,),) = connection.execute("SELECT clock_timestamp()").fetchall()
    moment: datetime = now - timedelta(days=days)
    return moment
