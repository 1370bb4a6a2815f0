"""What the nlp-worker has read and found becomes rows: it has no database, the housekeeper has."""

from collections.abc import Iterator

from gateway.books.recording import record_book
from gateway.housekeeping.config import HousekeepingSettings
from gateway.housekeeping.surroundings import database_of
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
        found = b"" if job.descriptions is None else context.artifacts.read(job.descriptions)
        # The book's row is locked from here on: nobody is to wait for the store.
        with database_of(HousekeepingSettings()) as connection, connection.transaction():
            return record_book(connection, job, contents, _described(found, context))


def _described(lines: bytes, context: JobContext) -> Iterator[BookDescription]:
    for line in lines.splitlines():
        context.check_cancelled()
        yield BookDescription.model_validate_json(line)
