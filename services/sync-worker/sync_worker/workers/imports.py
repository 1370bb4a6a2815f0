"""The job that brings many FAQs at once."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from sync_worker.ports import FaqOutcome
from sync_worker.service.importing import entry_of, rows_of, tally
from sync_worker.workers.faqs import tell
from sync_worker.workers.policy import SyncWorker
from sync_worker.workers.surroundings import chatbot
from warren.contracts.faqs import FaqRow, ImportedFaqs, ImportFaqs
from warren.contracts.lanes import Lane
from warren.worker import JobContext

#: Rows of one call: a kill costs at most so many a repetition, and progress is seen.
_ROWS_A_CALL = 100


class ImportFaqsWorker(SyncWorker[ImportFaqs, ImportedFaqs]):
    """Writes up to 500 FAQs, each by its own version; goes on where a killed run has stood."""

    lane = Lane.LOW

    def perform(self, job: ImportFaqs, context: JobContext) -> ImportedFaqs:
        rows = rows_of(context.artifacts.open(job.rows), job.count)
        outcomes: list[FaqOutcome] = []
        for start in range(0, len(rows), _ROWS_A_CALL):
            outcomes += _sent_once(job.customer_id, rows[start : start + _ROWS_A_CALL], context)
            context.progress(100 * len(outcomes) / len(rows), f"{len(outcomes)} rows")
        found = tally(rows, outcomes)
        for faq, version in found.synced:
            tell(context, job.customer_id, faq, version)
        return ImportedFaqs(
            import_id=job.import_id,
            version=job.desired_version,
            applied=found.applied,
            superseded=len(found.overtaken),
            overtaken=list(found.overtaken),
            superseded_by=found.superseded_by,
            refused=list(found.refused),
            errors=list(found.errors),
        )


def _sent_once(customer: UUID, rows: list[FaqRow], context: JobContext) -> list[FaqOutcome]:
    """What became of these rows, now or in an earlier run of the task."""
    entries = [entry_of(row) for row in rows]

    def send(key: str) -> list[dict[str, Any]]:
        outcomes = chatbot().put_faqs(customer, entries, key)
        return [asdict(outcome) | {"id": str(outcome.id)} for outcome in outcomes]

    receipt = context.effect(f"rows-{rows[0].row}").once(send)
    return [FaqOutcome(**{**outcome, "id": UUID(outcome["id"])}) for outcome in receipt]
