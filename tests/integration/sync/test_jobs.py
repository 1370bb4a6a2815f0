"""The jobs, called directly, against the reference chatbot."""

import json
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from sync_worker.errors import FileRefused, NoChatbot
from sync_worker.workers import surroundings
from sync_worker.workers.documents import (
    DeleteAllDocumentsWorker,
    DeleteDocumentsBySourceWorker,
    TriggerReindexWorker,
)
from sync_worker.workers.faqs import CreateFaqWorker, DeleteAllFaqsWorker, DeleteFaqWorker
from sync_worker.workers.imports import ImportFaqsWorker
from sync_worker.workers.uploads import UploadDocumentFileWorker, UploadDocumentTextWorker
from sync_worker.workers.versions import ListVersionsWorker
from tests.running_chatbot import RunningChatbot
from tests.unit.sync_worker.files import BEES, docx_file
from warren.contracts.chatbot_versions import ListVersions, VersionsListed
from warren.contracts.documents import (
    DeleteAllDocuments,
    DeleteDocumentsBySource,
    TriggerReindex,
    UploadDocumentFile,
    UploadDocumentText,
)
from warren.contracts.faqs import CreateFaq, DeleteAllFaqs, DeleteFaq, ImportFaqs
from warren.contracts.ids import new_id
from warren.contracts.lanes import Lane
from warren.contracts.webhooks import DeliverWebhook
from warren.providers import ProviderFailed
from warren.testing.worker import FakeContext, MemoryStore
from warren.worker.catalogue import load_service


@pytest.fixture(autouse=True)
def circuit_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Circuits are remembered by name for a whole process."""
    monkeypatch.setattr("sync_worker.adapters.http_chatbot.PROVIDER", f"chatbot-{uuid4()}")


def rows(*numbers: int) -> bytes:
    return b"".join(
        json.dumps(
            {
                "row": n,
                "faq_id": str(UUID(int=n)),
                "version": n,
                "question": f"Question {n}?",
                "answer": "Yes.",
            }
        ).encode()
        + b"\n"
        for n in numbers
    )


def faq(customer: UUID, version: int = 1) -> CreateFaq:
    return CreateFaq(
        customer_id=customer,
        faq_id=UUID(int=5),
        desired_version=version,
        question="When?",
        answer="At nine.",
    )


def test_all_kinds_wait_for_days_and_are_for_the_gateway_only() -> None:
    every = {d.kind: d for d in load_service("sync_worker").definitions()}
    definitions = {kind: d for kind, d in every.items() if kind != DeliverWebhook.kind}

    assert len(definitions) == 12
    assert {d.audience for d in definitions.values()} == {"internal"}
    assert {d.max_retries for d in definitions.values()} == {3}
    assert {d.retry.max_age for d in definitions.values() if d.retry} == {7 * 86_400}
    assert {(d.rate_limit, d.rate_group) for d in definitions.values()} == {("50/s", "chatbot")}
    low = {kind for kind, d in definitions.items() if d.lane is Lane.LOW}
    assert {"document.upload_file", "faq.import", "faq.delete_all"} <= low


def test_what_the_chatbot_has_is_listed_for_the_housekeeper_to_compare(
    chatbot: RunningChatbot, customer: UUID
) -> None:
    CreateFaqWorker().perform(faq(customer, version=3), FakeContext())
    context = FakeContext()
    began = datetime.now(UTC)

    listed = ListVersionsWorker().perform(
        ListVersions(customer_id=customer, collection="faqs"), context
    )

    (event,) = context.events
    told = VersionsListed.model_validate(event.data)
    assert listed.count == 1
    assert (told.customer_id, told.collection) == (customer, "faqs")
    assert began <= told.listed_at <= datetime.now(UTC)
    assert json.loads(context.artifacts.read(told.versions)) == [str(UUID(int=5)), 3]


def test_a_text_is_kept_and_sent_with_its_language(chatbot: RunningChatbot, customer: UUID) -> None:
    context = FakeContext()
    text = "Пчёлы танцуют, чтобы показать другим, где растут цветы."
    job = UploadDocumentText(
        customer_id=customer,
        document_id=new_id(),
        desired_version=4,
        source="wiki",
        artifact=context.given("note.txt", text.encode()),
        metadata={"a": 1},
    )

    done = UploadDocumentTextWorker().perform(job, context)

    assert (done.version, done.characters, done.language) == (4, len(text), "ru")
    assert context.saved("text.txt").decode() == text
    sent = chatbot.entry(customer, "documents", job.document_id)
    assert (sent["text"], sent["language"], sent["metadata"]) == (text, "ru", {"a": 1})
    assert [(e.type, e.data["version"]) for e in context.events] == [("document.synced.v1", 4)]


def test_a_file_is_read_once_also_if_sending_takes_several_attempts(
    chatbot: RunningChatbot, customer: UUID
) -> None:
    store, task = MemoryStore(), new_id()
    context = FakeContext(store=store, task_id=task)
    job = UploadDocumentFile(
        customer_id=customer,
        document_id=new_id(),
        desired_version=1,
        source="wiki",
        artifact=context.given("bees.docx", docx_file(BEES)),
    )
    chatbot.switch("fails_after", first=1)
    with pytest.raises(ProviderFailed):
        UploadDocumentFileWorker().perform(job, context)
    del store.contents[job.artifact.sha256]

    second = FakeContext(attempt=2, task_id=task, store=store)
    done = UploadDocumentFileWorker().perform(job, second)

    assert done.text is not None
    assert second.saved("text.txt").decode() == BEES
    assert [(e[1], e[3]) for e in chatbot.journal(customer)] == [("put", 1)]


def test_a_file_without_text_is_the_callers_fault_and_reaches_nobody(
    chatbot: RunningChatbot, customer: UUID
) -> None:
    context = FakeContext()
    job = UploadDocumentFile(
        customer_id=customer,
        document_id=new_id(),
        desired_version=1,
        source="wiki",
        artifact=context.given("empty.pdf", b"%PDF-1.7\n"),
    )

    with pytest.raises(FileRefused) as caught:
        UploadDocumentFileWorker().perform(job, context)

    assert caught.value.field == "file"
    assert chatbot.calls() == {}


def test_a_superseded_change_succeeds_and_says_by_which(
    chatbot: RunningChatbot, customer: UUID
) -> None:
    CreateFaqWorker().perform(faq(customer, 7), FakeContext())
    context = FakeContext()

    done = CreateFaqWorker().perform(faq(customer, 6), context)

    assert (done.version, done.superseded_by) == (6, 7)
    assert context.events == ()


def test_a_change_is_not_sent_again_once_its_receipt_is_kept(
    chatbot: RunningChatbot, customer: UUID
) -> None:
    store, task = MemoryStore(), new_id()
    CreateFaqWorker().perform(faq(customer), FakeContext(store=store, task_id=task))

    again = CreateFaqWorker().perform(
        faq(customer), FakeContext(attempt=2, store=store, task_id=task)
    )

    assert again.superseded_by is None
    assert chatbot.calls() == {"PUT 200": 1}


def test_deletions_arrive(chatbot: RunningChatbot, customer: UUID) -> None:
    CreateFaqWorker().perform(faq(customer), FakeContext())
    context = FakeContext()
    DeleteFaqWorker().perform(
        DeleteFaq(customer_id=customer, faq_id=UUID(int=5), desired_version=2), context
    )
    DeleteAllFaqsWorker().perform(
        DeleteAllFaqs(customer_id=customer, desired_version=3), FakeContext()
    )
    DeleteDocumentsBySourceWorker().perform(
        DeleteDocumentsBySource(customer_id=customer, source="wiki", desired_version=1),
        FakeContext(),
    )
    DeleteAllDocumentsWorker().perform(
        DeleteAllDocuments(customer_id=customer, desired_version=2), FakeContext()
    )
    TriggerReindexWorker().perform(
        TriggerReindex(customer_id=customer, desired_version=2), FakeContext()
    )

    assert [entry[1] for entry in chatbot.journal(customer)] == [
        "put",
        "delete",
        "delete_all",
        "delete_by_source",
        "delete_all",
    ]
    assert [e.data["deleted"] for e in context.events] == [True]


def test_a_document_that_the_chatbot_has_under_another_source_goes_with_its_new_one(
    chatbot: RunningChatbot, customer: UUID
) -> None:
    # Given a document that the chatbot knows under an earlier source, and another one there
    moved, stays = UUID(int=7), UUID(int=8)
    for document in (moved, stays):
        context = FakeContext()
        UploadDocumentTextWorker().perform(
            UploadDocumentText(
                customer_id=customer,
                document_id=document,
                desired_version=1,
                source="blog",
                artifact=context.given("text", b"Nine to five."),
            ),
            context,
        )

    # When the source is deleted that it should be under now
    job = DeleteDocumentsBySource(
        customer_id=customer, source="wiki", desired_version=3, moved=[moved]
    )
    context = FakeContext()
    for _ in range(2):
        DeleteDocumentsBySourceWorker().perform(job, context)

    # Then it alone is gone, by one call, also when the job runs twice
    assert [entry[1] for entry in chatbot.journal(customer)][2:] == ["delete_by_source", "delete"]
    assert list(surroundings.chatbot().versions(customer, "documents")) == [(stays, 1)]


def test_an_import_says_what_became_of_each_row(chatbot: RunningChatbot, customer: UUID) -> None:
    CreateFaqWorker().perform(faq(customer, 99), FakeContext())
    context = FakeContext()
    job = ImportFaqs(
        customer_id=customer,
        import_id=new_id(),
        desired_version=500,
        rows=context.given("rows", rows(*range(1, 251))),
        count=250,
    )

    done = ImportFaqsWorker().perform(job, context)

    assert (done.applied, done.superseded, done.errors) == (249, 1, [])
    assert len(context.events) == 249
    assert context.percents == [40, 80, 100]
    assert len(chatbot.entries(customer, "faqs")) == 250


def test_an_import_that_was_ended_in_the_middle_goes_on_there(
    chatbot: RunningChatbot, customer: UUID
) -> None:
    store, task = MemoryStore(), new_id()
    context = FakeContext(store=store, task_id=task)
    job = ImportFaqs(
        customer_id=customer,
        import_id=new_id(),
        desired_version=300,
        rows=context.given("rows", rows(*range(1, 301))),
        count=300,
    )
    ImportFaqsWorker().perform(job, context)
    receipts = [key for key in store.manifests if "rows-101" in key[1] or "rows-201" in key[1]]
    for receipt in receipts:
        del store.manifests[receipt]

    again = ImportFaqsWorker().perform(job, FakeContext(attempt=2, store=store, task_id=task))

    assert again.applied == 300
    assert chatbot.calls() == {"POST 200": 5}
    assert len(chatbot.journal(customer)) == 300


def test_without_a_chatbot_changes_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SYNC_CHATBOT_URL", raising=False)

    with pytest.raises(NoChatbot, match="SYNC_CHATBOT_URL") as caught:
        surroundings.chatbot()

    assert caught.value.retry_after is not None
