"""How much a process has been used, and when that is enough."""

import random
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import psutil

from warren.worker.discovery import AnyWorker

WireName = tuple[str, int]
#: A limit of tasks is drawn up to a tenth lower, so that processes that were started together are
#: not replaced together.
_SPREAD = 10


@dataclass(frozen=True, slots=True)
class WearLimits:
    """When a process is to be replaced, between two jobs; None is never."""

    max_tasks: int | None = None
    #: Of resident memory, in MiB.
    max_memory_mb: int | None = None

    @classmethod
    def of(cls, worker: AnyWorker) -> "WearLimits":
        """What a Worker class says about its own jobs."""
        return cls(worker.max_tasks_per_child, worker.max_memory_mb)


class Wear:
    """Of one process, in one life of it: `limits` hold for all its jobs, `kinds` for those of a
    kind. `memory` reads its resident memory in MiB. Safe from any thread.
    """

    def __init__(
        self,
        limits: WearLimits,
        kinds: Mapping[WireName, WearLimits],
        memory: Callable[[], float],
        draw: Callable[[int], int] = random.randrange,
    ) -> None:
        self._memory = memory
        self._lock = threading.Lock()
        self._counts: Counter[WireName | None] = Counter()
        self._tasks = {
            key: of.max_tasks - draw(of.max_tasks // _SPREAD + 1)
            for key, of in [(None, limits), *kinds.items()]
            if of.max_tasks is not None
        }
        self._all_megabytes = limits.max_memory_mb
        self._megabytes = {
            name: min(filter(None, (limits.max_memory_mb, of.max_memory_mb)), default=None)
            for name, of in kinds.items()
        }

    def begun(self, name: WireName) -> str | None:
        """Note that a job of this kind begins; if it is the last one, the reason for that."""
        if not self._tasks:
            return None
        with self._lock:
            self._counts.update((name, None))
            for key in (name, None):
                if key in self._tasks and self._counts[key] >= self._tasks[key]:
                    jobs = "jobs" if key is None else f"jobs of {name[0]}"
                    return f"it has run {self._counts[key]} {jobs}"
        return None

    def ended(self, name: WireName) -> str | None:
        """Look at the memory after a job of this kind; a reason to run no other one."""
        most = self._megabytes.get(name, self._all_megabytes)
        if most is None or (used := self._memory()) <= most:
            return None
        return f"it uses {used:.0f} MiB of memory, more than {most}"


def resident_memory(pid: int | None = None) -> float:
    """Of a process, by default this one, in MiB; 0 if it has gone."""
    try:
        return float(psutil.Process(pid).memory_info().rss / (1 << 20))
    except psutil.Error:
        return 0.0
