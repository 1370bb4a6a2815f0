"""How many messages a worker should have at hand."""

#: A worker holds what it finishes within this time, in seconds.
HORIZON = 0.1
MAX_PREFETCH = 256
#: Weight of the newest job in the mean.
_WEIGHT = 0.1


class PrefetchGauge:
    """Derives a queue's prefetch from how long its jobs take.

    Threads report without a lock: a lost report changes nothing that matters.
    """

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._mean: float | None = None

    def finished(self, seconds: float) -> int:
        """Note a job's duration and return the prefetch that fits now."""
        mean = seconds if self._mean is None else self._mean + _WEIGHT * (seconds - self._mean)
        self._mean = mean
        wanted = self._threads * HORIZON / max(mean, 1e-6)
        return round(max(self._threads, min(wanted, MAX_PREFETCH)))
