"""How long models took to load, for Prometheus."""

from collections.abc import Mapping
from functools import cache

from prometheus_client import CollectorRegistry, Gauge


class LoadNumbers:
    """By kind, of the last time that its `warm_up` ran here or in a slot process of ours."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.seconds: dict[str, float] = {}
        self._gauge = Gauge(
            "warren_model_load_seconds",
            "How long loading what a kind needs took last",
            ["kind"],
            registry=self.registry,
        )

    def loaded(self, seconds: Mapping[str, float]) -> None:
        """What these kinds need has been loaded."""
        for kind, took in seconds.items():
            self.seconds[kind] = took
            self._gauge.labels(kind).set(took)


@cache
def load_numbers() -> LoadNumbers:
    """Those of this process."""
    return LoadNumbers()
