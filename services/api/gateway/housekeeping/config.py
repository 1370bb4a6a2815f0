"""Settings of the housekeeper's scheduled jobs."""

from pydantic import Field

from gateway.recording.config import RecorderSettings
from gateway.tasks.retention import Days


class HousekeepingSettings(RecorderSettings):
    """Read from `WARREN_…` variables. Ages are in days."""

    #: Speech that was made longer ago is deleted.
    audio_days: Days = 30
    #: Pictures that were made longer ago are deleted.
    image_days: Days = 30
    #: Failed tasks keep payload, traceback and artifacts for so long; others as long as results.
    failed_days: Days = 7
    #: Files that nothing refers to are orphans when they are older.
    orphan_days: Days = 1
    #: Deleted items of catalogues are forgotten so long after their deletion, at the earliest.
    tombstone_days: Days = 7
    #: How long deleted files can still be restored.
    trash_days: Days = 7
    #: How long the statuses of a task are kept, by partition of a week.
    history_days: Days = 30
    #: How long the audit tells who has changed what.
    audit_days: Days = 400
    #: How long it tells of single writes, by partition of a week.
    audit_writes_days: Days = 90
    #: Statistics count the tasks that were accepted within so many days.
    stats_days: Days = 30
    #: Seconds after which a change that the chatbot has not taken fails the health check.
    unsynced_alarm: float = Field(default=3600.0, gt=0)
    #: Start tasks again by themselves that failed for a reason that may have passed.
    resubmit: bool = False
    #: The whole URL that the health check asks; unless set, `/readyz` at `host` and `port`.
    health_url: str | None = None

    @property
    def gateway_health_url(self) -> str:
        """What the health check asks."""
        host = "127.0.0.1" if self.host in {"0.0.0.0", "::"} else self.host  # noqa: S104 -- no bind
        return self.health_url or f"http://{host}:{self.port}/readyz"
