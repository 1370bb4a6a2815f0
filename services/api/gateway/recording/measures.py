"""What a recorder counts, for Prometheus."""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from gateway.recording.decoding import Reported
from warren.observability.buckets import SHORT


class RecorderNumbers:
    """Statuses, how old they were, and how long it takes to record them."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._statuses = Counter(
            "warren_recorder_statuses", "Statuses recorded", registry=self.registry
        )
        self._set_aside = Counter(
            "warren_recorder_set_aside",
            "Messages that could not be recorded, kept in quarantined_status",
            ["queue"],
            registry=self.registry,
        )
        self._lag = Gauge(
            "warren_recorder_lag_seconds",
            "Age of the oldest status in what was recorded last; 0 while nothing waits",
            registry=self.registry,
        )
        self.batch = Histogram(
            "warren_recorder_batch_seconds",
            "How long what was at hand took to be recorded",
            buckets=SHORT,
            registry=self.registry,
        )

    def recorded(self, items: Iterable[Reported]) -> None:
        """These are committed."""
        moments = [item.status.at for item in items]
        if moments:
            self._statuses.inc(len(moments))
            age = (datetime.now(UTC) - min(moments)).total_seconds()
            self._lag.set(max(0.0, age))

    def nothing_waits(self) -> None:
        """All queues are empty."""
        self._lag.set(0)

    def set_aside(self, queue: str, count: int) -> None:
        """So many messages of this queue could not be recorded."""
        self._set_aside.labels(queue).inc(count)


@cache
def recorder_numbers() -> RecorderNumbers:
    """Those of this process."""
    return RecorderNumbers()
