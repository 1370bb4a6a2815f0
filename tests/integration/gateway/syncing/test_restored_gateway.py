"""A gateway that was restored from a backup: the chatbot has versions that it has never made."""

from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.postgres
FAQS = "/api/v1/mobile-faq"
DOCUMENTS = "/api/v1/documents"
FAQ = {"question": "When do you open?", "answer": "At nine."}
#: What the chatbot has seen before the gateway was restored.
AHEAD = 50


def _create(client: httpx.Client, **more: Any) -> dict[str, Any]:
    answer = client.post(FAQS, json={**FAQ, **more})
    assert answer.status_code == 202, answer.text
    return dict(answer.json())


def _upload(client: httpx.Client, **more: Any) -> dict[str, Any]:
    body = {"text": "Some text.", "source": "wiki", "metadata": {"page": 1}, **more}
    answer = client.post(f"{DOCUMENTS}/upload-text", json=body)
    assert answer.status_code == 202, answer.text
    return dict(answer.json())


def _end(hands: Any, **result: Any) -> None:
    (task,) = hands.publish_due()
    hands.succeed(task, result)


def test_a_change_that_the_chatbot_keeps_out_is_sent_again_beyond_its_version(
    customer: httpx.Client, hands: Any
) -> None:
    # Given an FAQ of which the chatbot has a version that this gateway has never made
    faq = _create(customer)["faq_id"]
    _end(hands, faq_id=faq, version=1, superseded_by=AHEAD)

    # Then it is not said to be in step, and what is desired here is sent in a version above that
    assert customer.get(f"{FAQS}/{faq}").json()["sync"] == "pending"
    (task,) = hands.publish_due()
    kind, payload = hands.calls[-1]
    assert (kind, payload["desired_version"]) == ("faq.create", AHEAD + 1)
    assert (payload["faq_id"], payload["answer"]) == (faq, "At nine.")
    hands.succeed(task, {"faq_id": faq, "version": AHEAD + 1})
    seen = customer.get(f"{FAQS}/{faq}").json()
    assert (seen["sync"], seen["synced_version"]) == ("synced", AHEAD + 1)
    # And whatever is changed next is newer for the chatbot
    assert _create(customer)["version"] == AHEAD + 2


def test_the_same_number_with_another_content_counts_as_newer(
    customer: httpx.Client, hands: Any
) -> None:
    faq = _create(customer)["faq_id"]

    _end(hands, faq_id=faq, version=1, superseded_by=1)

    hands.publish_due()
    assert hands.calls[-1][1]["desired_version"] == 2


def test_a_deletion_that_the_chatbot_keeps_out_is_sent_again(
    customer: httpx.Client, hands: Any
) -> None:
    faq = _create(customer)["faq_id"]
    hands.run_all()
    customer.delete(f"{FAQS}/{faq}")
    _end(hands, faq_id=faq, version=2, superseded_by=AHEAD)

    assert hands.sync_of(faq)["state"] == "pending"
    hands.run_all()

    assert hands.calls[-1][0] == "faq.delete"
    assert hands.calls[-1][1]["desired_version"] == AHEAD + 1
    assert hands.sync_of(faq)["state"] == "synced"


def test_a_document_is_sent_again_as_it_is(customer: httpx.Client, hands: Any) -> None:
    document = _upload(customer)["document_id"]
    _end(hands, document_id=document, version=1, superseded_by=AHEAD)

    hands.publish_due()

    first, again = (payload for _, payload in hands.calls)
    assert again == {**first, "desired_version": AHEAD + 1}


@pytest.mark.parametrize("said", [{"superseded_by": AHEAD}, {"newer": AHEAD}])
def test_a_deletion_of_all_that_leaves_something_is_sent_again(
    customer: httpx.Client, hands: Any, said: dict[str, int]
) -> None:
    # Given a deletion after which the chatbot still has something newer
    document = _upload(customer)["document_id"]
    hands.run_all()
    customer.delete(f"{DOCUMENTS}/delete-all?confirm=true")
    deletion = next(row["task_id"] for row in hands.due() if "source" not in row["payload"])
    hands.publish(deletion)
    hands.succeed(deletion, {"version": 2, **said})

    # Then nothing is confirmed until one beyond that has gone through
    assert hands.sync_of(document)["state"] == "pending"
    hands.run_all()
    versions = [p["desired_version"] for kind, p in hands.calls if kind == "document.delete_all"]
    assert versions == [2, AHEAD + 1]
    assert hands.sync_of(document)["state"] == "synced"


def test_what_a_later_change_has_written_before_a_deletion_arrives_is_left_alone(
    customer: httpx.Client, hands: Any
) -> None:
    # Given a deletion of all that was overtaken by an upload of this gateway's
    _upload(customer)
    hands.run_all()
    customer.delete(f"{DOCUMENTS}/delete-all?confirm=true")
    later = _upload(customer)
    hands.publish_due()
    deletion = next(p for kind, p in hands.calls if kind == "document.delete_all")

    (task,) = hands.ask("SELECT id FROM tasks WHERE kind = 'document.delete_all'")
    hands.succeed(task["id"], {"version": deletion["desired_version"], "newer": later["version"]})

    assert not [row for row in hands.due() if row["kind"] == "document.delete_all"]


def test_a_deletion_of_all_does_not_take_away_what_was_written_since(
    customer: httpx.Client, hands: Any
) -> None:
    # Given a deletion of all, which leaves something newer, and a document that came after it
    document = _upload(customer)["document_id"]
    hands.run_all()
    customer.delete(f"{DOCUMENTS}/delete-all?confirm=true")
    later = _upload(customer)["document_id"]
    hands.publish_due()
    (task,) = hands.ask("SELECT id FROM tasks WHERE kind = 'document.delete_all'")
    hands.succeed(task["id"], {"version": 2, "newer": AHEAD})

    # Then it has failed, and it is up to its owner to ask for it again
    row = hands.sync_of(document)
    assert (row["state"], row["last_error"]["type"]) == ("failed", "ChatbotAhead")
    assert not [due for due in hands.due() if due["kind"] == "document.delete_all"]
    assert hands.sync_of(later)["deleted"] is False
    again = customer.delete(f"{DOCUMENTS}/delete-all?confirm=true").json()
    assert again["version"] == AHEAD + 1


def test_rows_of_an_import_that_the_chatbot_keeps_out_are_sent_one_by_one(
    customer: httpx.Client, hands: Any
) -> None:
    # Given an import of which the chatbot has one row in a newer version
    content = b"question,answer\nWhen?,At nine.\nWhere?,Here.\n"
    customer.post(f"{FAQS}/import", files={"file": ("faqs.csv", content)})
    items = customer.get("/api/v1/mobile-faqs").json()["items"]
    overtaken = next(item["faq_id"] for item in items if item["question"] == "Where?")
    _end(hands, applied=1, superseded=1, overtaken=[overtaken], superseded_by=AHEAD)

    hands.run_all()

    kind, payload = hands.calls[-1]
    assert (kind, payload["faq_id"]) == ("faq.update", overtaken)
    assert (payload["answer"], payload["desired_version"]) == ("Here.", AHEAD + 1)
    states = customer.get("/api/v1/mobile-faqs").json()["items"]
    assert {item["sync"] for item in states} == {"synced"}


def test_a_chatbot_that_always_claims_to_be_ahead_is_not_called_for_ever(
    customer: httpx.Client, hands: Any
) -> None:
    faq = _create(customer)["faq_id"]
    for _ in range(4):
        _end(hands, faq_id=faq, superseded_by=hands.due()[0]["payload"]["desired_version"] + 9)

    assert hands.due() == []
    seen = customer.get(f"{FAQS}/{faq}").json()
    assert (seen["sync"], seen["error"]["type"]) == ("failed", "ChatbotAhead")


def test_a_sync_that_something_later_waits_for_is_not_sent_again(
    customer: httpx.Client, hands: Any
) -> None:
    # Given a change that waits for a sync which the chatbot does not take
    faq = _create(customer)["faq_id"]
    (running,) = hands.publish_due()
    customer.put(f"{FAQS}/{faq}", json={**FAQ, "answer": "At ten."})
    hands.succeed(running, {"faq_id": faq, "superseded_by": AHEAD})

    # Then that change is next, and only it is sent beyond
    _end(hands, faq_id=faq, superseded_by=AHEAD)
    hands.run_all()
    sent = [(p["desired_version"], p["answer"]) for _, p in hands.calls]
    assert sent == [(1, "At nine."), (2, "At ten."), (AHEAD + 1, "At ten.")]
