"""What a worker process counts, for Prometheus."""

from collections.abc import Callable, Iterable, Sequence, Sized
from typing import Any, Protocol

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from warren.contracts.status import Outcome, TaskSucceeded
from warren.messaging.measures import messaging_numbers
from warren.observability.bounded import Bounded
from warren.observability.buckets import RUNS
from warren.observability.caches import cache_numbers
from warren.observability.process_numbers import process_registry
from warren.providers import Hold
from warren.worker.custody import HeldRun
from warren.worker.load_numbers import load_numbers
from warren.worker.outcome_log import log_outcome

_MOST_KINDS = 200
_MOST_PROVIDERS = 50


class Board(Protocol):
    """What is known of providers."""

    def holds(self) -> list[Hold]: ...
    def states(self) -> dict[str, bool]: ...


class Measures:
    """Runs by kind and outcome, what they made, slots, and providers that are left alone.

    Suspects are runs that may kill their process and so are alone in a child made for them.

    `own` is what the service counts by itself. Outcomes are `succeeded`, `retrying`, `waiting`,
    `failed` and `cancelled`.
    """

    def __init__(
        self, service: str, slots: int, own: Callable[[], Collector] | None = None
    ) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(load_numbers().registry)
        if own is not None:
            self.registry.register(own())
        self._service = service
        self._slots = slots
        self._kinds = Bounded(_MOST_KINDS)
        labels = ("service", "kind")
        self._runs = Counter(
            "warren_runs", "Runs by outcome", (*labels, "outcome"), registry=self.registry
        )
        self._seconds = Histogram(
            "warren_run_seconds",
            "How long runs took",
            labels,
            buckets=RUNS,
            registry=self.registry,
        )
        self._suspects = Counter(
            "warren_suspects",
            "Runs that were alone in a child process, by outcome",
            (*labels, "outcome"),
            registry=self.registry,
        )
        self._output = Counter(
            "warren_output",
            "What successful runs made, as their Worker classes count it",
            (*labels, "unit"),
            registry=self.registry,
        )

    def with_process(self) -> CollectorRegistry:
        """All this, what the process tells of itself, and what its connections count."""
        others = (messaging_numbers().registry, cache_numbers().registry)
        return process_registry(f"{self._service}-worker", self.registry, *others)

    def watch(self, running: Callable[[], Sequence[HeldRun]], board: Board) -> None:
        """Ask these whenever somebody reads the numbers."""
        self.registry.register(_Present(self._service, self._slots, running, board))

    def note(self, held: HeldRun, outcome: Outcome) -> None:
        """Log and count what became of a run."""
        log_outcome(held, outcome)
        word, kind = outcome.type.removeprefix("task."), self._kinds(held.run.kind)
        self._runs.labels(self._service, kind, word).inc()
        self._seconds.labels(self._service, kind).observe(held.seconds)
        if held.alone:
            self._suspects.labels(self._service, kind, word).inc()
        if isinstance(outcome, TaskSucceeded) and held.worker is not None:
            for field, unit in held.worker.counted.items():
                made = _amount(outcome.data.result, field)
                self._output.labels(self._service, kind, unit).inc(made)


def _amount(result: Any, field: str) -> float:
    """A number as it is, of a list its length; 0 where a large result has become an artifact."""
    value = result.get(field) if isinstance(result, dict) else None
    if isinstance(value, int | float):
        return max(0.0, float(value))
    return float(len(value)) if isinstance(value, Sized) else 0.0


class _Present(Collector):
    """How things are at the moment of asking."""

    def __init__(
        self,
        service: str,
        slots: int,
        running: Callable[[], Sequence[HeldRun]],
        board: Board,
    ) -> None:
        self._service = service
        self._slots = slots
        self._running = running
        self._board = board
        self._providers = Bounded(_MOST_PROVIDERS)

    def describe(self) -> Iterable[GaugeMetricFamily]:
        return []

    def collect(self) -> Iterable[GaugeMetricFamily]:
        slots = GaugeMetricFamily("warren_slots", "Jobs at once", labels=["service", "state"])
        running = self._running()
        slots.add_metric([self._service, "busy"], len(running))
        slots.add_metric([self._service, "free"], max(0, self._slots - len(running)))
        alone = GaugeMetricFamily(
            "warren_suspects_running",
            "Runs that are alone in a child process at the moment",
            labels=["service"],
        )
        alone.add_metric([self._service], sum(held.alone for held in running))
        held = GaugeMetricFamily(
            "warren_provider_held_seconds",
            "For how long a provider is still left alone",
            labels=["provider", "reason"],
        )
        for (provider, reason), seconds in self._held().items():
            held.add_metric([provider, reason], seconds)
        return [slots, alone, held, self._circuits()]

    def _held(self) -> dict[tuple[str, str], float]:
        longest: dict[tuple[str, str], float] = {}
        for hold in self._board.holds():
            key = (self._providers(hold.provider), hold.reason)
            longest[key] = max(hold.seconds, longest.get(key, 0.0))
        return longest

    def _circuits(self) -> GaugeMetricFamily:
        circuits = GaugeMetricFamily(
            "warren_circuit_open",
            "1 while a provider is left alone by this process",
            labels=["provider"],
        )
        states: dict[str, bool] = {}
        for provider, is_open in self._board.states().items():
            name = self._providers(provider)
            states[name] = states.get(name, False) or is_open
        for name, is_open in states.items():
            circuits.add_metric([name], float(is_open))
        return circuits
