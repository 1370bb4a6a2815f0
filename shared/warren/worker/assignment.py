"""What a worker process is told to do, and how it may end."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from warren.contracts.lanes import Lane


class Ending(Enum):
    """Why a process has stopped."""

    STOPPED = "stopped"
    #: As STOPPED, but some jobs were neither finished nor handed back.
    LEFT_JOBS = "left_jobs"
    #: It holds a thread that never ends, or is worn: the same program should take its place.
    RECYCLE = "recycle"


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a process was told to do; `concurrency` jobs run at once."""

    lanes: Sequence[Lane]
    concurrency: int
    name: str
