"""What a scheduler tells Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge


class Measures:
    """`warren_scheduler_lag_seconds` and what happened to due times."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.lag = Gauge(
            "warren_scheduler_lag_seconds",
            "How late the longest overdue time was when this process looked last",
            registry=registry,
        )
        self.looked_at = Gauge(
            "warren_scheduler_look_timestamp_seconds",
            "When this process looked last, and the database answered",
            registry=registry,
        )
        self.fired = Counter(
            "warren_scheduler_fired_total", "Due times that became tasks", registry=registry
        )
        self.refused = Counter(
            "warren_scheduler_refused_total",
            "Times that a due time could not be made a task",
            registry=registry,
        )
