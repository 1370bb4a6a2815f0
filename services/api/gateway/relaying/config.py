"""Settings of the relay."""

from pydantic import Field

from gateway.config import GatewaySettings


class RelaySettings(GatewaySettings):
    """Read from `WARREN_…` variables. Durations in seconds."""

    #: Rows that are claimed in one transaction at most.
    relay_batch: int = Field(default=1000, ge=1, le=10_000)
    #: How often due rows are looked for when nothing wakes the relay.
    relay_poll: float = Field(default=1.0, gt=0, le=10)
    #: How long rows stay locked for a broker that does not confirm; less than the 30 s after
    #: which the database ends an idle transaction.
    relay_confirm_timeout: float = Field(default=10.0, gt=0, le=20)
    #: A queue's window: this much of its measured work, within the two bounds (messages).
    window_seconds: float = Field(default=2.0, gt=0)
    window_least: int = Field(default=16, ge=1)
    window_most: int = Field(default=5000, ge=1)
    #: Where Prometheus finds the relay's numbers; 0: nowhere.
    relay_metrics_port: int = Field(default=0, ge=0, le=65535)
