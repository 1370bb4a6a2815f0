"""Settings of the housekeeper."""

from pydantic import Field

from gateway.config import GatewaySettings


class HousekeeperSettings(GatewaySettings):
    """Read from `WARREN_…` variables. Durations in seconds."""

    #: How often the sweeper looks.
    sweep_interval: float = Field(default=15.0, gt=0, le=30)
    #: How long everything must have spoken for a loss before a task is issued again. Workers beat
    #: every 10 s: less than two beats can mistake a message on its way for a lost one.
    sweep_age: float = Field(default=60.0, gt=0)
    #: A process that has been silent for so long is lost, and holds nothing.
    lost_after: float = Field(default=30.0, gt=0)
    #: How much later than another a dispatch must have been published to stand behind it in its
    #: queue: longer than the transaction in which a relay publishes can last.
    publish_margin: float = Field(default=20.0, ge=0)
    #: How often one attempt is issued again before its task fails as `lost`.
    sweeps_most: int = Field(default=3, ge=0)
    #: Dispatches that one look considers at most, oldest first.
    sweep_batch: int = Field(default=20_000, ge=1)
    #: Where Prometheus finds the housekeeper's numbers; 0: nowhere.
    housekeeper_metrics_port: int = Field(default=0, ge=0, le=65535)
