"""The clean-ups, as jobs."""

from typing import Annotated, ClassVar

from pydantic import Field

from gateway.housekeeping.cleaning.report import CleaningReport
from warren.contracts.job import Job

_Days = Annotated[int, Field(ge=1, le=36_500, description="Instead of the setting's age.")]
_DryRun = Annotated[bool, Field(description="Delete nothing; report what would be deleted.")]


class CleanUp(Job):
    """What is asked of every clean-up."""

    days_old: _Days | None = None
    dry_run: _DryRun = False


class CleanAudio(CleanUp):
    """Delete speech that was made more than `days_old` days ago.

    Without it, what is older than WARREN_AUDIO_DAYS and than its task has said.
    """

    kind: ClassVar[str] = "api.clean_audio"


class CleanImages(CleanUp):
    """Delete pictures that were made more than `days_old` days ago.

    Without it, what is older than WARREN_IMAGE_DAYS and than its task has said.
    """

    kind: ClassVar[str] = "api.clean_images"


class CleanTasks(CleanUp):
    """Leave the summary of failed tasks of `days_old` days (WARREN_FAILED_DAYS), of others whose
    results have expired; drop history and summaries that are older than theirs."""

    kind: ClassVar[str] = "api.clean_tasks"


class CleanArtifacts(CleanUp):
    """Delete files that have expired, and orphans older than `days_old` (WARREN_ORPHAN_DAYS)."""

    kind: ClassVar[str] = "api.clean_artifacts"


class ImagesReport(CleaningReport):
    """`forgotten_images` are no longer listed, as their files have gone."""

    forgotten_images: int


class TasksReport(CleaningReport):
    """`cleaned_tasks` are left with their summary; `dropped_partitions` are gone."""

    cleaned_tasks: int
    dropped_partitions: list[str]


class ArtifactsReport(CleaningReport):
    """`deleted_artifacts` are rows, which may share files; `emptied_files` have left the trash, and
    `forgotten_outcomes` are tasks of which the store has nothing recorded any more."""

    deleted_artifacts: int
    emptied_files: int
    forgotten_outcomes: int
