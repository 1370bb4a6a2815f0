"""Settings of the recorder."""

from pydantic import Field

from gateway.config import GatewaySettings


class RecorderSettings(GatewaySettings):
    """Read from `WARREN_…` variables."""

    #: Statuses that are folded in one transaction at most.
    recorder_batch: int = Field(default=500, ge=1, le=5000)
    #: Status messages that the broker hands over ahead of their acks.
    recorder_prefetch: int = Field(default=1000, ge=1, le=65535)
    #: Where Prometheus finds the recorder's numbers; 0: nowhere.
    recorder_metrics_port: int = Field(default=0, ge=0, le=65535)
    #: Days that artifacts of a task stay, unless its kind is named below.
    artifact_days: int = Field(default=7, ge=1)
    #: By job kind, or by service for all of its kinds.
    artifact_days_by_kind: dict[str, int] = {"tts": 30, "image": 30, "book.cache_file": 1}

    def days_of(self, kind: str) -> int:
        """How long artifacts of this job kind stay."""
        by_kind = self.artifact_days_by_kind
        service = kind.partition(".")[0]
        return by_kind.get(kind, by_kind.get(service, self.artifact_days))
