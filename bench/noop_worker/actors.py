"""The job that the benchmarks run."""

from typing import ClassVar

from pydantic import BaseModel

from warren.contracts.job import Job
from warren.worker import JobContext, Worker


class DoNothing(Job):
    """No work at all; `number` tells the tasks apart."""

    kind: ClassVar[str] = "bench.noop"

    number: int = 0


class Nothing(BaseModel):
    """The number that came in."""

    number: int


class DoNothingWorker(Worker[DoNothing, Nothing]):
    """Answers at once."""

    def perform(self, job: DoNothing, context: JobContext) -> Nothing:
        """Return the number."""
        return Nothing(number=job.number)
