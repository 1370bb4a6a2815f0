"""The jobs of single FAQs, and the one that takes all of them away."""

from uuid import UUID

from sync_worker.ports import Written
from sync_worker.service.importing import content_of
from sync_worker.workers.policy import SyncWorker, written_once
from sync_worker.workers.surroundings import chatbot
from warren.contracts.faqs import (
    AppliedFaq,
    CreateFaq,
    DeleteAllFaqs,
    DeletedFaqs,
    DeleteFaq,
    FaqSynced,
    UpdateFaq,
)
from warren.contracts.lanes import Lane
from warren.worker import JobContext


class CreateFaqWorker(SyncWorker[CreateFaq, AppliedFaq]):
    """Writes a FAQ."""

    def perform(self, job: CreateFaq, context: JobContext) -> AppliedFaq:
        return _write(job, context)


class UpdateFaqWorker(SyncWorker[UpdateFaq, AppliedFaq]):
    """Writes what a FAQ says now."""

    def perform(self, job: UpdateFaq, context: JobContext) -> AppliedFaq:
        return _write(job, context)


class DeleteFaqWorker(SyncWorker[DeleteFaq, AppliedFaq]):
    """Takes a FAQ away."""

    def perform(self, job: DeleteFaq, context: JobContext) -> AppliedFaq:
        written = written_once(
            context,
            lambda key: chatbot().delete_faq(job.customer_id, job.faq_id, job.desired_version, key),
        )
        return _applied(job, context, written, deleted=True)


class DeleteAllFaqsWorker(SyncWorker[DeleteAllFaqs, DeletedFaqs]):
    """Takes all FAQs of a customer away."""

    lane = Lane.LOW

    def perform(self, job: DeleteAllFaqs, context: JobContext) -> DeletedFaqs:
        written = written_once(
            context,
            lambda key: chatbot().delete_faqs(job.customer_id, job.desired_version, key),
        )
        return DeletedFaqs(
            version=job.desired_version,
            superseded_by=written.superseded_by,
            deleted=written.removed,
            newer=written.newer,
        )


def _write(job: CreateFaq | UpdateFaq, context: JobContext) -> AppliedFaq:
    content = content_of(job.question, job.answer, job.files)
    written = written_once(
        context,
        lambda key: chatbot().put_faq(
            job.customer_id, job.faq_id, job.desired_version, content, key
        ),
    )
    return _applied(job, context, written, deleted=False)


def _applied(
    job: CreateFaq | UpdateFaq | DeleteFaq,
    context: JobContext,
    written: Written,
    *,
    deleted: bool,
) -> AppliedFaq:
    if written.superseded_by is None:
        tell(context, job.customer_id, job.faq_id, job.desired_version, deleted=deleted)
    return AppliedFaq(
        faq_id=job.faq_id, version=job.desired_version, superseded_by=written.superseded_by
    )


def tell(
    context: JobContext, customer: UUID, faq: UUID, version: int, *, deleted: bool = False
) -> None:
    """State that the chatbot has the FAQ in this version, or no longer."""
    context.emit(FaqSynced(customer_id=customer, id=faq, version=version, deleted=deleted))
