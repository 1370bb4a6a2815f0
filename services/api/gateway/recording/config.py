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
