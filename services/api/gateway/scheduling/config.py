"""Settings of the scheduler."""

from pydantic import Field

from gateway.config import GatewaySettings


class SchedulerSettings(GatewaySettings):
    """Read from `WARREN_…` variables. Durations in seconds."""

    #: How long a schedule that was made or changed may stay unnoticed; what is known to be due
    #: is fired at its time.
    scheduler_interval: float = Field(default=1.0, gt=0, le=10)
    #: Messages that wait for one endpoint, after which it is disabled if none has come through for
    #: ten minutes; with ten times as many it is in any case.
    webhook_backlog_limit: int = Field(default=10_000, ge=1)
    #: Where Prometheus finds the scheduler's numbers; 0: nowhere.
    scheduler_metrics_port: int = Field(default=0, ge=0, le=65535)
