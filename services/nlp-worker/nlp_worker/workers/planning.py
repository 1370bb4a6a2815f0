"""The job that reads a book, so that it can be seen what processing it would take."""

from typing import ClassVar, Literal

from nlp_worker.workers.reading import kept_contents
from nlp_worker.workers.recording import record
from warren.contracts.book_results import BookPlan
from warren.contracts.books import ChapterKind, PlanBook
from warren.contracts.kinds import Audience
from warren.worker import JobContext, Worker


class PlanBookWorker(Worker[PlanBook, BookPlan]):
    """Reads a book; nothing is analysed."""

    audience = Audience.INTERNAL
    isolation: ClassVar[Literal["thread", "process"]] = "process"
    time_limit = 300

    def perform(self, job: PlanBook, context: JobContext) -> BookPlan:
        context.progress(5, "reading the book")
        file, contents = kept_contents(job.file, context)
        record(job, file, None, context)
        bodies = [each for each in contents.chapters if each.kind is ChapterKind.BODY]
        return BookPlan(
            book_id=job.book_id,
            total_chapters=len(contents.chapters),
            body_chapters=len(bodies),
            words=sum(each.words for each in bodies),
            format=contents.format,
            language=contents.language,
        )
