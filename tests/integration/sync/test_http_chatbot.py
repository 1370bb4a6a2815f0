"""The adapter against the reference chatbot, on good days and on bad ones."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest

from sync_worker.adapters.http_chatbot import HttpChatbot
from sync_worker.errors import AnswerNotUnderstood
from sync_worker.ports import DocumentContent, FaqContent, FaqEntry, Written
from tests.raw_server import RawServer, answering
from tests.running_chatbot import RunningChatbot
from warren.contracts.ids import new_id
from warren.providers import ProviderDown, ProviderFailed, ProviderRefused

_FAQ = FaqContent("When do you open?", "At nine.", [{"name": "map.png"}])
_DOCUMENT = DocumentContent("wiki", "Bees dance.", "en", {"tag": "bees"})


def adapter(url: str, **more: float) -> HttpChatbot:
    settings = {"timeout": 5.0, "pause": 30.0} | more
    # Circuits are remembered by name for a whole process.
    return HttpChatbot(url, None, provider=f"chatbot-{uuid4()}", **settings)


@pytest.fixture
def port(chatbot: RunningChatbot) -> Iterator[HttpChatbot]:
    made = adapter(chatbot.url)
    yield made
    made.close()


def test_a_document_arrives_with_all_that_belongs_to_it(
    port: HttpChatbot, chatbot: RunningChatbot, customer: UUID
) -> None:
    document = new_id()

    written = port.put_document(customer, document, 3, _DOCUMENT, "key")

    assert written == Written()
    assert chatbot.entry(customer, "documents", document) == {
        "id": str(document),
        "version": 3,
        "source": "wiki",
        "text": "Bees dance.",
        "language": "en",
        "metadata": {"tag": "bees"},
    }


def test_an_older_version_learns_which_one_is_there(port: HttpChatbot, customer: UUID) -> None:
    faq = new_id()
    port.put_faq(customer, faq, 7, _FAQ, "first")

    assert port.put_faq(customer, faq, 6, _FAQ, "late") == Written(superseded_by=7)
    assert port.delete_faq(customer, faq, 5, "later") == Written(superseded_by=7)


def test_the_same_version_with_another_content_is_kept_as_well(
    port: HttpChatbot, customer: UUID
) -> None:
    faq = new_id()
    port.put_faq(customer, faq, 7, _FAQ, "first")

    other = FaqContent("When?", "Never.")
    assert port.put_faq(customer, faq, 7, other, "second") == Written(superseded_by=7)
    (outcome,) = port.put_faqs(customer, [FaqEntry(faq, 7, other)], "third")
    assert (outcome.superseded_by, outcome.refused) == (7, None)


def test_deletions_say_what_is_too_new_for_them(port: HttpChatbot, customer: UUID) -> None:
    port.put_document(customer, new_id(), 8, _DOCUMENT, "a")
    port.put_faq(customer, new_id(), 9, _FAQ, "b")

    assert port.delete_documents(customer, 3, "wiki", "c").newer == 8
    assert port.delete_documents(customer, 4, "blog", "d").newer is None
    assert port.delete_documents(customer, 5, None, "e").newer == 8
    assert port.delete_faqs(customer, 2, "f").newer == 9
    assert port.delete_faqs(customer, 9, "g").newer is None


def test_deletions_say_how_much_is_gone(port: HttpChatbot, customer: UUID) -> None:
    port.put_document(customer, new_id(), 1, _DOCUMENT, "a")
    port.put_document(customer, new_id(), 2, _DOCUMENT, "b")
    port.put_faq(customer, new_id(), 1, _FAQ, "c")

    assert port.delete_documents(customer, 3, "blog", "d").removed == 0
    assert port.delete_documents(customer, 4, "wiki", "e").removed == 2
    assert port.delete_faqs(customer, 2, "f").removed == 1
    assert port.delete_documents(customer, 3, None, "g").removed == 0


def test_one_that_went_with_its_source_in_the_same_version_is_deleted(
    port: HttpChatbot, customer: UUID
) -> None:
    document = new_id()
    port.put_document(customer, document, 1, _DOCUMENT, "a")
    port.delete_documents(customer, 2, _DOCUMENT.source, "b")

    assert port.delete_document(customer, document, 2, "c").superseded_by is None
    assert port.delete_document(customer, document, 1, "d").superseded_by == 2


def test_of_many_faqs_each_has_its_outcome(port: HttpChatbot, customer: UUID) -> None:
    old, new = new_id(), new_id()
    port.put_faq(customer, old, 9, _FAQ, "first")

    outcomes = port.put_faqs(customer, [FaqEntry(old, 3, _FAQ), FaqEntry(new, 4, _FAQ)], "key")

    assert [(o.id, o.superseded_by) for o in outcomes] == [(old, 9), (new, None)]


def test_all_versions_are_listed_over_several_pages(port: HttpChatbot, customer: UUID) -> None:
    ids = [new_id() for _ in range(1_200)]
    for start in range(0, 1_200, 400):
        some = [FaqEntry(i, n + 1, _FAQ) for n, i in enumerate(ids[start : start + 400], start)]
        port.put_faqs(customer, some, f"key-{start}")

    assert dict(port.versions(customer, "faqs")) == {i: n for n, i in enumerate(ids, 1)}


def test_one_that_is_down_is_waited_for(
    port: HttpChatbot, chatbot: RunningChatbot, customer: UUID
) -> None:
    chatbot.switch("down")

    with pytest.raises(ProviderDown):
        port.put_faq(customer, new_id(), 1, _FAQ, "key")


def test_a_busy_one_is_left_alone_for_as_long_as_it_asks(
    port: HttpChatbot, chatbot: RunningChatbot, customer: UUID
) -> None:
    chatbot.switch("busy", retry_after=40, first=1)

    with pytest.raises(ProviderDown):
        port.put_faq(customer, new_id(), 1, _FAQ, "key")
    with pytest.raises(ProviderDown, match="asked for a pause") as caught:
        port.put_faq(customer, new_id(), 1, _FAQ, "key")

    assert caught.value.retry_after == pytest.approx(40, abs=2)
    assert chatbot.calls() == {"PUT 429": 1}


@pytest.mark.parametrize("fault", ["fails_after", "cut"])
def test_a_change_whose_answer_was_lost_is_there_once_after_the_next_attempt(
    port: HttpChatbot, chatbot: RunningChatbot, customer: UUID, fault: str
) -> None:
    faq = new_id()
    chatbot.switch(fault, first=1)

    with pytest.raises(ProviderFailed):
        port.put_faq(customer, faq, 1, _FAQ, "key")
    assert port.put_faq(customer, faq, 1, _FAQ, "key") == Written()

    assert chatbot.journal(customer) == [("faqs", "put", str(faq), 1)]


def test_a_slow_one_costs_an_attempt(chatbot: RunningChatbot, customer: UUID) -> None:
    hasty = adapter(chatbot.url, timeout=0.2)
    chatbot.switch("slow", delay=2)

    with pytest.raises(ProviderFailed):
        hasty.put_faq(customer, new_id(), 1, _FAQ, "key")
    hasty.close()


def test_what_it_refuses_will_not_be_tried_again(port: HttpChatbot, customer: UUID) -> None:
    with pytest.raises(ProviderRefused, match="question"):
        port.put_faq(customer, new_id(), 1, FaqContent("", "At nine."), "key")


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"items": [{"id": "x"}]}'])
def test_an_answer_that_the_contract_does_not_know_is_no_success(
    server: RawServer, customer: UUID, body: bytes
) -> None:
    server.speak = answering(body)
    made = adapter(server.url("").rstrip("/"))

    with pytest.raises(AnswerNotUnderstood):
        made.put_faqs(customer, [FaqEntry(new_id(), 1, _FAQ)], "key")
    made.close()


def test_one_that_is_not_there_is_waited_for(customer: UUID) -> None:
    nowhere = adapter("http://127.0.0.1:9")

    with pytest.raises(ProviderDown) as caught:
        nowhere.put_faq(customer, new_id(), 1, _FAQ, "key")
    assert caught.value.retry_after == 30
    nowhere.close()
