"""What a relay remembers of one queue between rounds."""

from gateway.outage import Outage
from gateway.relaying.window import DrainMeter


class QueueState:
    """Its drain rate, and until when it is left alone after a failure (monotonic seconds)."""

    def __init__(self, queue: str) -> None:
        self.meter = DrainMeter()
        self.retry_at = 0.0
        self._outage = Outage(f"queue {queue}")

    def failed(self, error: str, now: float) -> None:
        """Leave the queue alone for a moment, longer each time."""
        self.retry_at = now + self._outage.failed(error)

    def worked(self) -> None:
        """Note that everything was published."""
        self._outage.over()
