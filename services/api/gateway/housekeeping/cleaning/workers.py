"""Clean-ups that run every night; each also when somebody asks for it."""

from typing import Any

from gateway.auditing.cleaning import forget_old_entries
from gateway.housekeeping.cleaning.clean_up import Cleaning, CleanUpWorker
from gateway.housekeeping.cleaning.ended_tasks import clean_ended_tasks
from gateway.housekeeping.cleaning.jobs import (
    ArtifactsReport,
    CleanArtifacts,
    CleanAudio,
    CleanImages,
    CleanTasks,
    ImagesReport,
    TasksReport,
)
from gateway.housekeeping.cleaning.made_files import delete_old_files
from gateway.housekeeping.cleaning.orphans import delete_expired, delete_unused_uploads
from gateway.housekeeping.cleaning.partitions import drop_old_partitions
from gateway.housekeeping.cleaning.recorded_outcomes import forget_outcomes
from gateway.housekeeping.cleaning.report import CleaningReport, Tally
from gateway.housekeeping.cleaning.trashing import empty_trash
from gateway.housekeeping.cleaning.unknown_contents import note_unknown_contents
from gateway.images.cleaning import forget_images

_FORGET_STATISTICS = "DELETE FROM statistics WHERE at < %s"


class CleanAudioWorker(CleanUpWorker[CleanAudio, CleaningReport]):
    """Deletes audio that tasks have made."""

    cron_schedule = "0 2 * * *"

    def clean(self, cleaning: Cleaning, days_old: int | None) -> dict[str, Any]:
        _delete_files(cleaning, "audio", days_old, cleaning.settings.audio_days)
        cleaning.trash()
        return {}


class CleanImagesWorker(CleanUpWorker[CleanImages, ImagesReport]):
    """Deletes pictures that tasks have made, and what lists them."""

    cron_schedule = "0 3 * * *"

    def clean(self, cleaning: Cleaning, days_old: int | None) -> dict[str, Any]:
        _delete_files(cleaning, "image", days_old, cleaning.settings.image_days)
        forgotten = 0 if cleaning.tally.dry_run else forget_images(cleaning.connection)
        cleaning.trash()
        return {"forgotten_images": forgotten}


class CleanTasksWorker(CleanUpWorker[CleanTasks, TasksReport]):
    """Leaves the summary of tasks that ended long ago, and drops what is older still."""

    cron_schedule = "30 2 * * *"

    def clean(self, cleaning: Cleaning, days_old: int | None) -> dict[str, Any]:
        settings = cleaning.settings
        cleaned = clean_ended_tasks(
            cleaning.connection,
            settings,
            days_old or settings.failed_days,
            cleaning.tally,
            cleaning.check,
        )
        cleaning.trash()
        return {"cleaned_tasks": cleaned, "dropped_partitions": _drop(cleaning)}


class CleanArtifactsWorker(CleanUpWorker[CleanArtifacts, ArtifactsReport]):
    """Deletes files that have expired or that nobody names, and what runs have recorded for none to
    come, and empties the trash."""

    cron_schedule = "30 3 * * *"

    def clean(self, cleaning: Cleaning, days_old: int | None) -> dict[str, Any]:
        connection, store, tally = cleaning.connection, cleaning.store, cleaning.tally
        settings, check = cleaning.settings, cleaning.check
        days = days_old or settings.orphan_days
        deleted = delete_expired(connection, tally, check)
        deleted += delete_unused_uploads(connection, days, tally, check)
        note_unknown_contents(connection, store, days, tally, check)
        forgotten = forget_outcomes(connection, store, days, tally, check)
        cleaning.trash()
        emptied = Tally(tally.dry_run)
        if not tally.dry_run:
            empty_trash(connection, store, settings.trash_days, emptied, check)
        tally.errors += emptied.errors
        return {
            "deleted_artifacts": deleted,
            "emptied_files": emptied.files,
            "forgotten_outcomes": forgotten,
        }


def _delete_files(cleaning: Cleaning, main_type: str, days_old: int | None, usual: int) -> None:
    """What is younger than somebody has said goes only when its task has said so."""
    delete_old_files(
        cleaning.connection,
        cleaning.settings,
        main_type,
        cleaning.days_ago(days_old or usual),
        cleaning.tally,
        cleaning.check,
        as_told=days_old is None,
    )


def _drop(cleaning: Cleaning) -> list[str]:
    """Partitions, statistics and entries of the audit that are older than their ages."""
    connection, settings, tally = cleaning.connection, cleaning.settings, cleaning.tally
    before = cleaning.days_ago(settings.summary_days)
    if not tally.dry_run:
        connection.execute(_FORGET_STATISTICS, [before])
        forget_old_entries(connection, cleaning.days_ago(settings.audit_days))
    history = cleaning.days_ago(settings.history_days)
    writes = cleaning.days_ago(settings.audit_writes_days)
    return [
        *drop_old_partitions(connection, "audit_writes", writes, tally),
        *drop_old_partitions(connection, "task_history", history, tally),
        *drop_old_partitions(connection, "tasks", before, tally),
    ]
