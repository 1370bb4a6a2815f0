"""What caches answered, for Prometheus."""

from functools import cache

from prometheus_client import CollectorRegistry, Counter


class CacheNumbers:
    """Lookups by cache and whether it knew; names of caches stand in the code."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._lookups = Counter(
            "warren_cache_lookups", "Lookups in caches", ["cache", "result"], registry=self.registry
        )

    def looked(self, name: str, *, hits: int, misses: int) -> None:
        """So many were known, so many were not."""
        self._lookups.labels(name, "hit").inc(hits)
        self._lookups.labels(name, "miss").inc(misses)


@cache
def cache_numbers() -> CacheNumbers:
    """Those of this process."""
    return CacheNumbers()
