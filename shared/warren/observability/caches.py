"""What caches answered, for Prometheus."""

from functools import cache, partial

from prometheus_client import CollectorRegistry, Counter

_RESULTS = ("hit", "miss")


class CacheNumbers:
    """Lookups by cache and whether it knew; names of caches stand in the code."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._lookups = Counter(
            "warren_cache_lookups", "Lookups in caches", ["cache", "result"], registry=self.registry
        )

        #: To find a counter by its labels takes longer than to count.
        self._of = cache(lambda name: tuple(map(partial(self._lookups.labels, name), _RESULTS)))

    def looked(self, name: str, *, hits: int, misses: int) -> None:
        """So many were known, so many were not."""
        known, unknown = self._of(name)
        known.inc(hits)
        unknown.inc(misses)


@cache
def cache_numbers() -> CacheNumbers:
    """Those of this process."""
    return CacheNumbers()
