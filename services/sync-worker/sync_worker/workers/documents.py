"""The jobs that take documents away, and the one that has the chatbot take note."""

from dataclasses import replace
from uuid import UUID

from sync_worker.ports import Written
from sync_worker.workers.policy import SyncWorker, written_once
from sync_worker.workers.surroundings import chatbot
from warren.contracts.documents import (
    DeleteAllDocuments,
    DeletedDocuments,
    DeleteDocumentsBySource,
    TriggeredReindex,
    TriggerReindex,
)
from warren.contracts.lanes import Lane
from warren.worker import JobContext


class DeleteAllDocumentsWorker(SyncWorker[DeleteAllDocuments, DeletedDocuments]):
    """Empties the chatbot for a customer."""

    lane = Lane.LOW

    def perform(self, job: DeleteAllDocuments, context: JobContext) -> DeletedDocuments:
        written = written_once(
            context,
            lambda key: chatbot().delete_documents(job.customer_id, job.desired_version, None, key),
        )
        return _deleted(job.desired_version, written)


class DeleteDocumentsBySourceWorker(SyncWorker[DeleteDocumentsBySource, DeletedDocuments]):
    """Takes a source away from the chatbot."""

    def perform(self, job: DeleteDocumentsBySource, context: JobContext) -> DeletedDocuments:
        written = written_once(
            context,
            lambda key: chatbot().delete_documents(
                job.customer_id, job.desired_version, job.source, key
            ),
        )
        kept = [_delete_moved(job, moved, context).superseded_by for moved in job.moved]
        newer = max((version for version in (written.newer, *kept) if version), default=None)
        return _deleted(job.desired_version, replace(written, newer=newer))


def _delete_moved(job: DeleteDocumentsBySource, moved: UUID, context: JobContext) -> Written:
    context.check_cancelled()
    return written_once(
        context,
        lambda key: chatbot().delete_document(job.customer_id, moved, job.desired_version, key),
        f"moved {moved}",
    )


class TriggerReindexWorker(SyncWorker[TriggerReindex, TriggeredReindex]):
    """Has the chatbot answer from what it has now. The gateway debounces it."""

    lane = Lane.LOW

    def perform(self, job: TriggerReindex, context: JobContext) -> TriggeredReindex:
        context.effect("reindex").once(lambda key: chatbot().reindex(job.customer_id, key))
        return TriggeredReindex(version=job.desired_version)


def _deleted(version: int, written: Written) -> DeletedDocuments:
    return DeletedDocuments(
        version=version,
        superseded_by=written.superseded_by,
        deleted=written.removed,
        newer=written.newer,
    )
