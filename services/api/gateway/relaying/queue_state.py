"""What a relay remembers of one queue between rounds."""

from gateway.outage import Outage
from gateway.relaying.fairness import FairShares
from gateway.relaying.scanning import Place
from gateway.relaying.window import DrainMeter


class QueueState:
    """Its drain rate, its callers' shares, where to look next, and until when it is left alone.

    It is left alone after a failure; times are monotonic seconds.
    """

    def __init__(self, queue: str) -> None:
        self.meter = DrainMeter()
        self.shares = FairShares()
        self.place = Place()
        self.retry_at = 0.0
        self._outage = Outage(f"queue {queue}")

    def failed(self, error: str, now: float) -> None:
        """Leave the queue alone for a moment, longer each time."""
        self.retry_at = now + self._outage.failed(error)

    def worked(self) -> None:
        """Note that everything was published."""
        self._outage.over()
