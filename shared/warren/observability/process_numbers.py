"""What every process tells Prometheus about itself, whatever else it does."""

import threading
import time
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version

from prometheus_client import (
    CollectorRegistry,
    GCCollector,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from warren.observability.process import ResourceMeter

#: Seconds for which a reading is believed: it walks over all children.
_BELIEVED = 5.0


def process_registry(part: str, *others: CollectorRegistry) -> CollectorRegistry:
    """A registry with the numbers of this process, called `part`, and of the `others`.

    What is registered with one of these later is told, too.
    """
    # A series more for each counter, which says only when that was made.
    disable_created_metrics()  # type: ignore[no-untyped-call]
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    registry.register(_Resources(part))
    for other in others:
        registry.register(other)
    return registry


class _Resources(Collector):
    """Memory and CPU of the process and of its children, and which release it is of."""

    def __init__(self, part: str) -> None:
        self._part = part
        self._release = _release()
        self._meter = ResourceMeter()
        self._lock = threading.Lock()
        self._read_at = float("-inf")
        self._reading = (0.0, 0)

    def describe(self) -> Iterable[GaugeMetricFamily]:
        # So that a registration reads nothing.
        return _families()

    def collect(self) -> Iterable[GaugeMetricFamily]:
        cpu, memory = self._read()
        families = build, bytes_used, percent = _families()
        build.add_metric([self._part, self._release], 1)
        bytes_used.add_metric([self._part], memory)
        percent.add_metric([self._part], cpu)
        return families

    def _read(self) -> tuple[float, int]:
        with self._lock:
            if time.monotonic() - self._read_at > _BELIEVED:
                self._reading, self._read_at = self._meter.read(), time.monotonic()
            return self._reading


def _families() -> list[GaugeMetricFamily]:
    return [
        GaugeMetricFamily("warren_build_info", "Which release runs", labels=["part", "release"]),
        GaugeMetricFamily(
            "warren_memory_bytes", "Resident, with all child processes", labels=["part"]
        ),
        GaugeMetricFamily(
            "warren_cpu_percent", "Of one core, with all child processes", labels=["part"]
        ),
    ]


def _release() -> str:
    try:
        return version("warren-shared")
    except PackageNotFoundError:
        return "0"
