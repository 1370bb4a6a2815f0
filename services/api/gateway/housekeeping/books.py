"""What the nlp-worker has read and found becomes rows: it has no database, the housekeeper has."""

from collections.abc import Iterable, Iterator

from gateway.books.recording import record_book
from gateway.housekeeping.config import HousekeepingSettings
from gateway.housekeeping.surroundings import database_of
from warren.contracts.artifact import ArtifactRef
from warren.contracts.book_results import BookContents, BookDescription, RecordedBook
from warren.contracts.books import RecordBook
from warren.contracts.kinds import Audience
from warren.worker import JobContext, Worker


class RecordBookWorker(Worker[RecordBook, RecordedBook]):
    """All of a book in one transaction; repeated, it writes the same again."""

    audience = Audience.INTERNAL
    time_limit = 300.0

    def perform(self, job: RecordBook, context: JobContext) -> RecordedBook:
        contents = BookContents.model_validate_json(context.artifacts.read(job.contents))
        found: Iterable[BookDescription] = (
            () if job.descriptions is None else _described(job.descriptions, context)
        )
        with database_of(HousekeepingSettings()) as connection, connection.transaction():
            return record_book(connection, job, contents, found)


def _described(file: ArtifactRef, context: JobContext) -> Iterator[BookDescription]:
    for line in context.artifacts.read(file).splitlines():
        context.check_cancelled()
        yield BookDescription.model_validate_json(line)
