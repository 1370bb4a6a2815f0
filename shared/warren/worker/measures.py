"""What a worker process counts, for Prometheus."""

from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from warren.contracts.status import Outcome
from warren.providers import Hold
from warren.worker.custody import HeldRun
from warren.worker.outcome_log import log_outcome

_SECONDS = (0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600)


class Measures:
    """Runs by kind and outcome, slots, and providers that are left alone.

    `own` is what the service counts by itself. Outcomes are `succeeded`, `retrying`, `waiting`,
    `failed` and `cancelled`.
    """

    def __init__(
        self, service: str, slots: int, own: Callable[[], Collector] | None = None
    ) -> None:
        self.registry = CollectorRegistry()
        if own is not None:
            self.registry.register(own())
        self._service = service
        self._slots = slots
        labels = ("service", "kind")
        self._runs = Counter(
            "warren_runs", "Runs by outcome", (*labels, "outcome"), registry=self.registry
        )
        self._seconds = Histogram(
            "warren_run_seconds",
            "How long runs took",
            labels,
            buckets=_SECONDS,
            registry=self.registry,
        )

    def watch(self, busy: Callable[[], int], holds: Callable[[], list[Hold]]) -> None:
        """Ask these whenever somebody reads the numbers."""
        self.registry.register(_Present(self._service, self._slots, busy, holds))

    def note(self, held: HeldRun, outcome: Outcome) -> None:
        """Log and count what became of a run."""
        log_outcome(held, outcome)
        word = outcome.type.removeprefix("task.")
        self._runs.labels(self._service, held.run.kind, word).inc()
        self._seconds.labels(self._service, held.run.kind).observe(held.seconds)


class _Present(Collector):
    """How things are at the moment of asking."""

    def __init__(
        self, service: str, slots: int, busy: Callable[[], int], holds: Callable[[], list[Hold]]
    ) -> None:
        self._service = service
        self._slots = slots
        self._busy = busy
        self._holds = holds

    def collect(self) -> Iterable[GaugeMetricFamily]:
        slots = GaugeMetricFamily("warren_slots", "Jobs at once", labels=["service", "state"])
        busy = self._busy()
        slots.add_metric([self._service, "busy"], busy)
        slots.add_metric([self._service, "free"], max(0, self._slots - busy))
        held = GaugeMetricFamily(
            "warren_provider_held_seconds",
            "For how long a provider is still left alone",
            labels=["provider", "reason"],
        )
        for hold in self._holds():
            held.add_metric([hold.provider, hold.reason], hold.seconds)
        return [slots, held]
