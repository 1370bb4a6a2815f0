"""The job that chooses which descriptions of a book are to be pictured."""

from collections.abc import Iterator

from nlp_worker.service.selecting import best_across_chapters
from warren.artifacts.lines import lines_of
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
        count = 0

        def found() -> Iterator[BookDescription]:
            nonlocal count
            for line in lines_of(context.artifacts.open(job.descriptions)):
                context.check_cancelled()
                count += 1
                yield BookDescription.model_validate_json(line)

        selected = [
            SelectedDescription(
                rank=rank,
                **each.model_dump(include={"description_id", "chapter", "type", "score", "text"}),
            )
            for rank, each in enumerate(best_across_chapters(found(), job.limit), start=1)
        ]
        return SelectedForIllustration(
            book_id=job.book_id,
            limit=job.limit,
            total_descriptions=count,
            selected_count=len(selected),
            selected_descriptions=selected,
        )
