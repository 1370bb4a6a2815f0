"""What a relay counts, for Prometheus."""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache

from prometheus_client import CollectorRegistry, Counter, Histogram

from gateway.relaying.due_row import DueRow
from warren.observability.bounded import Bounded
from warren.observability.buckets import WAITS

_MOST_QUEUES = 100


class RelayNumbers:
    """Rows that became messages, and how long they had been due."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._queues = Bounded(_MOST_QUEUES)
        self._published = Counter(
            "warren_relay_published", "Rows published", ["queue"], registry=self.registry
        )
        self._waited = Histogram(
            "warren_dispatch_wait_seconds",
            "For how long rows were due before they were published: they wait for a place in their"
            " queue's window, their turn among callers, and what limits them by rate or at a time",
            ["lane", "limited"],
            buckets=WAITS,
            registry=self.registry,
        )
        self._failures = Counter(
            "warren_relay_failures",
            "Looks at a queue that came to nothing: the broker, or its rows",
            ["queue"],
            registry=self.registry,
        )

    def published(self, rows: Iterable[DueRow]) -> None:
        """The broker has these."""
        now = datetime.now(UTC)
        for row in rows:
            self._published.labels(self._queues(row.queue)).inc()
            waited = (now - row.available_at).total_seconds() if row.available_at else 0.0
            limited = "yes" if row.limit_key else "no"
            self._waited.labels(row.lane, limited).observe(max(0.0, waited))

    def failed(self, queue: str) -> None:
        """Nothing of this queue could be published now."""
        self._failures.labels(self._queues(queue)).inc()


@cache
def relay_numbers() -> RelayNumbers:
    """Those of this process."""
    return RelayNumbers()
