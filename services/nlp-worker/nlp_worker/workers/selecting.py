"""The job that chooses which descriptions of a book are to be pictured."""

from collections.abc import Iterator

from nlp_worker.service.selecting import best_across_chapters
from warren.contracts.book_results import (
    BookDescription,
    SelectedDescription,
    SelectedForIllustration,
)
from warren.contracts.books import SelectForIllustration
from warren.contracts.kinds import Audience
from warren.worker import JobContext, Worker


class SelectForIllustrationWorker(Worker[SelectForIllustration, SelectedForIllustration]):
    """Chooses the best, from as many chapters as possible."""

    audience = Audience.INTERNAL
    max_retries = 2
    time_limit = 120

    def perform(self, job: SelectForIllustration, context: JobContext) -> SelectedForIllustration:
        found = list(_described(job, context))
        selected = [
            SelectedDescription(
                rank=rank,
                **each.model_dump(include={"description_id", "chapter", "type", "score", "text"}),
            )
            for rank, each in enumerate(best_across_chapters(found, job.limit), start=1)
        ]
        return SelectedForIllustration(
            book_id=job.book_id,
            limit=job.limit,
            total_descriptions=len(found),
            selected_count=len(selected),
            selected_descriptions=selected,
        )


def _described(job: SelectForIllustration, context: JobContext) -> Iterator[BookDescription]:
    for line in context.artifacts.read(job.descriptions).splitlines():
        context.check_cancelled()
        yield BookDescription.model_validate_json(line)
