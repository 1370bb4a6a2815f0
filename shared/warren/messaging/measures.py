"""What this process's connections to the broker count, for Prometheus."""

import time
from functools import cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from warren.observability.bounded import Bounded
from warren.observability.buckets import SHORT

_MOST_REASONS = 20


class MessagingNumbers:
    """Confirms, failed publishes, and connections that were opened or lost."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._confirm = Histogram(
            "warren_publish_confirm_seconds",
            "From publish to the broker's confirm: the oldest message of each confirm",
            buckets=SHORT,
            registry=self.registry,
        )
        self._confirmed = Counter(
            "warren_published_messages", "Messages that were confirmed", registry=self.registry
        )
        self._failed = Counter(
            "warren_publish_failures",
            "Messages without a confirm",
            ["reason"],
            registry=self.registry,
        )
        self._lost = Counter(
            "warren_broker_connections_lost", "Open connections that ended", registry=self.registry
        )
        self._opened = Counter(
            "warren_broker_connections_opened",
            "Connections that were opened",
            registry=self.registry,
        )
        self._open = Gauge(
            "warren_broker_connections", "Connections that are open", registry=self.registry
        )
        self._reasons = Bounded(_MOST_REASONS)

    def confirmed(self, count: int, published_at: float) -> None:
        """So many at once; the oldest was published at that time of the monotonic clock."""
        self._confirm.observe(max(0.0, time.monotonic() - published_at))
        self._confirmed.inc(count)

    def failed(self, reason: str) -> None:
        """A message will never be confirmed."""
        self._failed.labels(self._reasons(reason)).inc()

    def opened(self) -> None:
        """A connection is open."""
        self._opened.inc()
        self._open.inc()

    def lost(self) -> None:
        """An open connection has ended by itself."""
        self._lost.inc()

    def closed(self) -> None:
        """An open connection is open no longer, whoever ended it."""
        self._open.dec()


@cache
def messaging_numbers() -> MessagingNumbers:
    """Those of this process, whatever connections it has."""
    return MessagingNumbers()
