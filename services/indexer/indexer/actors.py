"""The jobs of indexer: each Worker class in this file is one."""

from typing import Annotated, ClassVar

from pydantic import BaseModel, Field

from indexer.adapters.plain_words import PlainWords
from indexer.config import ReadingSettings
from indexer.service import reading
from warren.contracts.job import Job
from warren.worker import JobContext, Worker


class EstimateReading(Job):
    """Estimate how long it takes to read a text."""

    kind: ClassVar[str] = "indexer.estimate_reading"

    text: Annotated[str, Field(min_length=1, max_length=50_000)]


class ReadingEstimate(BaseModel):
    """How long it takes, and why."""

    words: int
    distinct_words: int
    seconds: float


class EstimateReadingWorker(Worker[EstimateReading, ReadingEstimate]):
    """Counts words."""

    max_retries = 3
    time_limit = 60

    def perform(self, job: EstimateReading, context: JobContext) -> ReadingEstimate:
        """What comes back is the task's result."""
        found = reading(job.text, PlainWords(), ReadingSettings().words_per_minute)
        context.progress(100, "counted")
        return ReadingEstimate(
            words=found.words, distinct_words=found.distinct_words, seconds=found.seconds
        )
