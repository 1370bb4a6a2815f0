"""Whether a series grows: a straight line through what comes after the warm-up. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, linear_regression

from tests.chaos.soak.sampling import CONNECTIONS, FILES, MEMORY, ROWS, THREADS, Sample

#: What a series may grow by between warm-up and end: so much, and this share of its mean. The same
#: for long runs and short ones, so that the longer one looks, the smaller a leak shows.
BOUNDS = {
    MEMORY: (16.0, 0.10),
    CONNECTIONS: (4.0, 0.10),
    THREADS: (4.0, 0.10),
    FILES: (8.0, 0.10),
    ROWS: (60.0, 0.25),
}
#: Each of the database's sessions opens the files of a table once it has used them, and keeps them
#: and what it knows of the table: that goes on until all sessions have used all tables.
#: The broker keeps what is in its write-ahead log in memory, too, until the log is full (512 MiB)
#: and the next one begins.
BOUNDS_OF_SERVERS = {
    "postgres": {MEMORY: (48.0, 0.25), FILES: (600.0, 0.5)},
    "rabbitmq": {MEMORY: (512.0, 0.10)},
}
_FEWEST = 4


@dataclass(frozen=True, slots=True)
class Trend:
    """A series after the warm-up: its mean, and by how much its line rises from begin to end."""

    subject: str
    measure: str
    mean: float
    growth: float
    per_hour: float
    bound: float

    @property
    def is_flat(self) -> bool:
        """Whether it grows no more than it may; getting smaller is fine."""
        return self.growth <= self.bound


def warm_up(seconds: float) -> float:
    """How much of a run is not judged: caches fill, pools open, slots load their code."""
    return min(600.0, max(30.0, seconds * 0.3))


def trends(samples: Iterable[Sample], after: float) -> list[Trend]:
    """One of each series that has enough samples after so many seconds."""
    series: dict[tuple[str, str], list[Sample]] = defaultdict(list)
    for item in samples:
        if item.seconds >= after:
            series[item.measure, item.subject].append(item)
    return [_trend(key, items) for key, items in sorted(series.items()) if len(items) >= _FEWEST]


def _trend(key: tuple[str, str], items: Sequence[Sample]) -> Trend:
    measure, subject = key
    moments = [item.seconds for item in items]
    slope = linear_regression(moments, [item.value for item in items]).slope
    mean = fmean(item.value for item in items)
    least, share = (BOUNDS | BOUNDS_OF_SERVERS.get(subject, {}))[measure]
    growth = slope * (moments[-1] - moments[0])
    return Trend(subject, measure, mean, growth, slope * 3600, least + share * mean)
