"""How many messages a worker should have at hand, and whether it should have any."""

import math
import time
from collections.abc import Callable

#: A worker holds what it finishes within this time, in seconds.
HORIZON = 0.1
MAX_PREFETCH = 256
#: Weight of the newest job in the mean.
_WEIGHT = 0.1
#: Jobs of up to this many seconds are fetched ahead: then a slot is soon free, and waiting for one
#: takes less than asking for each job by itself. Until they take longer than the second figure: to
#: change over costs a message for each one that is at hand.
_SHORT, _LONG = 0.05, 0.1
#: Seconds after which what was observed counts a third, and the most that one job counts for. Long
#: jobs that are over are forgotten within some ten seconds of short ones.
_MEMORY, _MOST = 1.0, 1.0


class PrefetchGauge:
    """Derives a queue's prefetch from how long its jobs take.

    Threads report without a lock: a lost report changes nothing that matters.
    """

    def __init__(self, threads: int, most: int = MAX_PREFETCH) -> None:
        self._threads = threads
        self._most = most
        self._mean: float | None = None

    def finished(self, seconds: float) -> int:
        """Note a job's duration and return the prefetch that fits now."""
        mean = seconds if self._mean is None else self._mean + _WEIGHT * (seconds - self._mean)
        self._mean = mean
        wanted = self._threads * HORIZON / max(mean, 1e-6)
        return round(max(self._threads, min(wanted, self._most)))


class SlotGauge:
    """Whether a process's slots come free so soon that fetching ahead keeps nothing waiting.

    What counts is for how long a slot is occupied when one looks at it: jobs are weighed by their
    length. Threads report without a lock, as above.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._at = clock()
        self._seconds = 0.0
        self._mean = 0.0
        #: False as long as nothing is known.
        self.short = False

    def finished(self, seconds: float) -> None:
        """Note how long a job has occupied its slot, or does so far."""
        seconds = min(max(seconds, 1e-6), _MOST)
        now = self._clock()
        before = self._seconds * math.exp((self._at - now) / _MEMORY)
        self._at = now
        self._seconds = before + seconds
        self._mean = (self._mean * before + seconds * seconds) / self._seconds
        self.short = self._mean <= (_LONG if self.short else _SHORT)

    def stalled(self) -> None:
        """All slots are occupied by jobs that are longer than those before.

        Their ends will say more.
        """
        self._at = self._clock()
        self._seconds = self._mean = HORIZON
        self.short = False
