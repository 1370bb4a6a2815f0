"""The job that does the whole of a book: read it, have its chapters analysed, put it together.

It runs three times: until its chapters are asked for, until what they gave is to be recorded, and
to its end. What a run has found out is kept by effects, so that the next one goes on behind it.
"""

from datetime import datetime
from typing import ClassVar, Literal

from nlp_worker.errors import ChaptersUnsuccessful
from nlp_worker.service.gathering import FoundInBook
from nlp_worker.workers.analysing import Analysis
from nlp_worker.workers.merging import merged
from nlp_worker.workers.reading import kept_contents
from nlp_worker.workers.recording import record
from warren.client.clock import current_clock
from warren.contracts.artifact import ArtifactRef
from warren.contracts.book_results import BookContents, ProcessedBook
from warren.contracts.books import BookProcessed, ProcessBook
from warren.contracts.kinds import Audience
from warren.worker import JobContext, Worker

_WEEK = 7 * 86_400.0


class ProcessBookWorker(Worker[ProcessBook, ProcessedBook]):
    """Reads a book, and joins what becomes of its chapters."""

    audience = Audience.INTERNAL
    isolation: ClassVar[Literal["thread", "process"]] = "process"
    max_retries = 3
    time_limit = 600
    max_age = _WEEK

    def perform(self, job: ProcessBook, context: JobContext) -> ProcessedBook:
        began = _began(context)
        context.progress(2, "reading the book")
        file, contents = kept_contents(job.file, context)
        analysis = Analysis(job, contents, context)
        analysis.ensure_fit()
        found = analysis.found()
        descriptions = merged(job.book_id, contents, found, context)
        # Also if some of the chapters are missing: what the others gave is to be seen.
        record(job, file, descriptions, context)
        if missing := analysis.missing(found):
            raise ChaptersUnsuccessful(missing, len(analysis.wanted), found.batch_id, found.reason)
        context.emit(
            BookProcessed(
                customer_id=job.customer_id,
                book_id=job.book_id,
                illustrate=job.illustrate,
                chapters=len(contents.chapters),
                descriptions=descriptions,
            )
        )
        seconds = (current_clock().now() - began).total_seconds()
        return _result(job, contents, found, descriptions, seconds)


def _began(context: JobContext) -> datetime:
    """When the first run of this generation has begun."""
    now = current_clock().now().isoformat()
    return datetime.fromisoformat(context.effect(f"begun:{context.generation}").put(now))


def _result(
    job: ProcessBook,
    contents: BookContents,
    found: FoundInBook,
    descriptions: ArtifactRef,
    seconds: float,
) -> ProcessedBook:
    used = found.processors
    return ProcessedBook(
        book_id=job.book_id,
        total_chapters=len(contents.chapters),
        chapters_analysed=len(found.chapters),
        characters_analysed=sum(each.characters for each in found.chapters),
        descriptions_found=sum(each.count for each in found.chapters),
        processing_time_seconds=round(seconds, 3),
        processors_used=used,
        nlp_processors_used=used,
        ensemble_consensus_rate=found.consensus_rate,
        cfi_locations_generated=found.locations or 0,
        cache_status="cached" if found.cached else "failed",
        fallbacks=found.fallbacks(),
        descriptions=descriptions,
    )
