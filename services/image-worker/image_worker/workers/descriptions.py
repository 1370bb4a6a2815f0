"""`image.generate_for_descriptions` and `image.generate_for_book`: many pictures, one answer."""

from datetime import UTC, datetime
from itertools import islice
from typing import TypeVar

from image_worker.service.choosing import best_of, descriptions_of
from image_worker.service.illustrations import generated
from image_worker.workers.illustrating import Illustrating
from warren.contracts.generated_images import (
    GenerateForBook,
    GenerateForDescriptions,
    PicturedBook,
    PicturedDescriptions,
)
from warren.contracts.ids import id_time
from warren.contracts.job import Job
from warren.contracts.lanes import Lane
from warren.errors import RejectedInput
from warren.worker import JobContext, Worker

JobT = TypeVar("JobT", bound=Job)
ResultT = TypeVar("ResultT")


class ManyPicturesWorker(Worker[JobT, ResultT]):
    """Asks for the pictures in its first run, and tells in its last one what came of them."""

    lane = Lane.LOW
    max_retries = 2
    retry_backoff_base = 60
    retry_backoff_max = 240
    #: Seconds for which its pictures may take; a hundred by a slow model take hours.
    max_age = 7 * 86_400


class GenerateForDescriptionsWorker(
    ManyPicturesWorker[GenerateForDescriptions, PicturedDescriptions]
):
    """Pictures all of them, in their order."""

    def perform(self, job: GenerateForDescriptions, context: JobContext) -> PicturedDescriptions:
        found = descriptions_of(context.artifacts.open(job.descriptions))
        chosen = list(islice(found, job.count + 1))
        if len(chosen) != job.count:
            there = "more" if len(chosen) > job.count else f"{len(chosen)}"
            raise RejectedInput(
                f"there are {there} descriptions where {job.count} were announced", field="count"
            )
        entries = Illustrating(job, context, job.batch, job.book_id).picture(chosen)
        return PicturedDescriptions(
            user_id=job.user_id,
            book_id=job.book_id,
            requested_count=len(entries),
            generated_count=generated(entries),
            failed_count=len(entries) - generated(entries),
            total_time_seconds=_seconds_since(context),
            generated_images=entries,
        )


class GenerateForBookWorker(ManyPicturesWorker[GenerateForBook, PicturedBook]):
    """Pictures the best descriptions, the very best one first."""

    def perform(self, job: GenerateForBook, context: JobContext) -> PicturedBook:
        found = descriptions_of(context.artifacts.open(job.descriptions))
        best = best_of(found, job.limit)
        entries = Illustrating(job, context, job.batch, job.book_id).picture(best)
        return PicturedBook(
            book_id=job.book_id,
            user_id=job.user_id,
            limit=job.limit,
            selected_descriptions=len(entries),
            generated_count=generated(entries),
            failed_count=len(entries) - generated(entries),
            processing_time_seconds=_seconds_since(context),
            generated_images=entries,
        )


def _seconds_since(context: JobContext) -> float:
    """Since the task was accepted: its first run was another one."""
    return round((datetime.now(UTC) - id_time(context.task_id)).total_seconds(), 3)
