"""What was read and found becomes rows of the gateway: a task of its own, which is waited for."""

from nlp_worker.errors import BookTakenOver
from warren.contracts.artifact import ArtifactRef
from warren.contracts.book_results import RecordedBook
from warren.contracts.books import PlanBook, ProcessBook, RecordBook
from warren.errors import PermanentError
from warren.worker import JobContext


class NotRecorded(PermanentError):
    """The housekeeper could not write what was found."""


def record(
    job: PlanBook | ProcessBook,
    contents: ArtifactRef,
    descriptions: ArtifactRef | None,
    context: JobContext,
) -> None:
    """Return when the rows are there; before that this ends the run (`context.join`).

    Raises NotRecorded, or BookTakenOver if nobody wants them any more.
    """
    rows = RecordBook(
        customer_id=job.customer_id,
        book_id=job.book_id,
        task_id=context.task_id,
        generation=context.generation,
        contents=contents,
        descriptions=descriptions,
    )
    outcome = context.join([rows], job.batch, key=f"record:{context.generation}")
    if outcome.succeeded < outcome.total:
        reasons = [member.error["message"] for member in outcome.members if member.error]
        why = reasons[0] if reasons else "its task did not succeed"
        raise NotRecorded(f"what was found is not in the database: {why}")
    recorded = RecordedBook.model_validate(outcome.members[0].result)
    if not recorded.recorded:
        raise BookTakenOver(job.book_id)
