"""A job with input that may be wrong."""

from datetime import UTC, datetime
from typing import Any, ClassVar, Literal

from pydantic import AwareDatetime, BaseModel

from example_worker.service import read_options
from warren.contracts.job import Job
from warren.worker import JobContext, Worker


class ProcessData(Job):
    """Process the data of a user."""

    kind: ClassVar[str] = "example.process_data"

    user_id: int
    processing_options: dict[str, Any]


class DataProcessed(BaseModel):
    """What was done, with all options, also those that nobody gave."""

    user_id: int
    status: Literal["completed"]
    processed_at: AwareDatetime
    options: dict[str, Any]


class DataProcessingWorker(Worker[ProcessData, DataProcessed]):
    """Tried again when something fails, and never when the caller is wrong."""

    max_retries = 3
    time_limit = 60

    def perform(self, job: ProcessData, context: JobContext) -> DataProcessed:
        """Raises BadOption, which names the option."""
        options = read_options(job.processing_options)
        context.progress(50, "options are fine")
        return DataProcessed(
            user_id=job.user_id,
            status="completed",
            processed_at=datetime.now(UTC),
            options=options.model_dump(),
        )
