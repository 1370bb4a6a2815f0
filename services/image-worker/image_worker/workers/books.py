"""What follows from a book that was read: its pictures, if its upload has asked for some."""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import BaseModel, Field

from warren.contracts.artifact import ArtifactRef
from warren.contracts.generated_images import MAX_DESCRIPTIONS, GenerateForBook
from warren.contracts.job import Job
from warren.contracts.kinds import Audience
from warren.contracts.lanes import Lane
from warren.worker import JobContext, Worker, on


class IllustrateBook(Job):
    """Have the best `illustrate` descriptions of a book pictured; none if it is 0."""

    kind: ClassVar[str] = "image.illustrate_book"

    book_id: UUID
    illustrate: Annotated[int, Field(ge=0)]
    descriptions: ArtifactRef


class IllustratedBook(BaseModel):
    """`task_id` generates the pictures; there is none if none were wanted."""

    book_id: UUID
    task_id: UUID | None


@on("book.processed.v1")
class IllustrateBookWorker(Worker[IllustrateBook, IllustratedBook]):
    """Asks for the task that generates the pictures: it has limits of its own."""

    audience = Audience.INTERNAL
    lane = Lane.LOW

    def perform(self, job: IllustrateBook, context: JobContext) -> IllustratedBook:
        if not job.illustrate:
            return IllustratedBook(book_id=job.book_id, task_id=None)
        wanted = GenerateForBook(
            book_id=job.book_id,
            descriptions=job.descriptions,
            limit=min(job.illustrate, MAX_DESCRIPTIONS),
        )
        child = context.spawn(wanted, key="pictures")
        return IllustratedBook(book_id=job.book_id, task_id=child.id)
