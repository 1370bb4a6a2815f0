"""The jobs that the benchmarks run."""

import time
from typing import ClassVar

from pydantic import BaseModel

from warren.contracts.job import Job
from warren.contracts.lanes import Lane
from warren.worker import JobContext, Worker


class DoNothing(Job):
    """No work at all; `number` tells the tasks apart."""

    kind: ClassVar[str] = "bench.noop"

    number: int = 0


class Sleep(Job):
    """Occupies a slot for some seconds."""

    kind: ClassVar[str] = "bench.sleep"

    seconds: float


class Hurry(Job):
    """The same, but urgent."""

    kind: ClassVar[str] = "bench.hurry"

    seconds: float


class Tell(Job):
    """Reports progress `times` times, `every` so many seconds; each says when it was reported."""

    kind: ClassVar[str] = "bench.tell"

    times: int
    every: float


class Nothing(BaseModel):
    """The number that came in."""

    number: int


class DoNothingWorker(Worker[DoNothing, Nothing]):
    """Answers at once."""

    def perform(self, job: DoNothing, context: JobContext) -> Nothing:
        """Return the number."""
        return Nothing(number=job.number)


class SleepWorker(Worker[Sleep, Nothing]):
    """Work that can wait."""

    lane = Lane.LOW

    def perform(self, job: Sleep, context: JobContext) -> Nothing:
        """Sleep."""
        time.sleep(job.seconds)
        return Nothing(number=0)


class HurryWorker(Worker[Hurry, Nothing]):
    """Work that cannot."""

    lane = Lane.CRITICAL

    def perform(self, job: Hurry, context: JobContext) -> Nothing:
        """Sleep."""
        time.sleep(job.seconds)
        return Nothing(number=0)


class TellWorker(Worker[Tell, Nothing]):
    """Its progress is what streams are measured by."""

    def perform(self, job: Tell, context: JobContext) -> Nothing:
        """Report, and sleep in between."""
        for number in range(1, job.times + 1):
            time.sleep(job.every)
            context.progress(100 * number / (job.times + 1), repr(time.time()))
        return Nothing(number=job.times)
