"""FAQs: one by one, and all at once."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

pytestmark = pytest.mark.postgres
URL = "/api/v1/mobile-faq"
FAQ = {"question": "When do you open?", "answer": "At nine."}


def _create(client: httpx.Client, **more: Any) -> dict[str, Any]:
    answer = client.post(URL, json={**FAQ, **more})
    assert answer.status_code == 202, answer.text
    return dict(answer.json())


def test_an_faq_is_queued_changed_and_deleted(customer: httpx.Client, hands: Any) -> None:
    # Given one that the chatbot has
    created = _create(customer)
    assert (created["status"], created["version"]) == ("queued", 1)
    hands.run_all()
    address = f"{URL}/{created['faq_id']}"
    assert customer.get(address).json()["sync"] == "synced"

    # When it is changed and deleted
    changed = customer.put(address, json={**FAQ, "answer": "At ten."})
    assert changed.status_code == 202
    deleted = customer.delete(address)
    assert deleted.status_code == 202

    # Then the change is superseded, and it is gone here at once
    assert customer.get(address).status_code == 404
    assert customer.put(address, json=FAQ).status_code == 404
    hands.run_all()
    assert [kind for kind, _ in hands.calls] == ["faq.create", "faq.delete"]
    assert hands.task(changed.json()["task_id"])["result"] == {"superseded_by": 3}
    assert hands.sync_of(created["faq_id"])["state"] == "synced"


def test_one_that_is_deleted_before_any_sync_makes_no_call(
    customer: httpx.Client, hands: Any
) -> None:
    created = _create(customer)

    deleted = customer.delete(f"{URL}/{created['faq_id']}")

    assert hands.due() == []
    assert hands.task(deleted.json()["task_id"])["state"] == "succeeded"
    assert hands.task(created["task_id"])["result"] == {"superseded_by": 2}


def test_a_sync_that_somebody_cancels_is_told_of(customer: httpx.Client, hands: Any) -> None:
    created = _create(customer)

    customer.post(f"/api/v1/tasks/{created['task_id']}/cancel")

    seen = customer.get(f"{URL}/{created['faq_id']}").json()
    assert (seen["sync"], seen["error"]["type"]) == ("failed", "Cancelled")


def test_a_failed_sync_is_made_good_by_a_retry(customer: httpx.Client, hands: Any) -> None:
    created = _create(customer)
    (task,) = hands.publish_due()
    hands.fail(task)
    assert customer.get(f"{URL}/{created['faq_id']}").json()["sync"] == "failed"

    assert customer.post(f"/api/v1/tasks/{task}/retry").status_code == 202
    hands.run_all()

    assert customer.get(f"{URL}/{created['faq_id']}").json()["sync"] == "synced"


def test_one_whose_sync_was_cancelled_is_deleted_with_a_call_as_it_may_be_started_again(
    customer: httpx.Client, hands: Any
) -> None:
    created = _create(customer)
    customer.post(f"/api/v1/tasks/{created['task_id']}/cancel")
    customer.delete(f"{URL}/{created['faq_id']}")

    assert customer.post(f"/api/v1/tasks/{created['task_id']}/retry").status_code == 202

    hands.run_all()
    assert {kind for kind, _ in hands.calls} == {"faq.create", "faq.delete"}


def test_a_sync_that_was_cancelled_before_its_turn_is_made_good_by_a_retry(
    customer: httpx.Client, hands: Any
) -> None:
    # Given a change that waits for a sync, and that somebody cancels
    address = f"{URL}/{_create(customer)['faq_id']}"
    (running,) = hands.publish_due()
    waiting = customer.put(address, json={**FAQ, "answer": "At ten."}).json()["task_id"]
    customer.post(f"/api/v1/tasks/{waiting}/cancel")
    hands.succeed(running)
    seen = customer.get(address).json()
    assert (seen["sync"], seen["error"]["type"]) == ("failed", "Cancelled")

    # When it is started again
    assert customer.post(f"/api/v1/tasks/{waiting}/retry").status_code == 202
    hands.run_all()

    # Then it is known here what the chatbot has
    seen = customer.get(address).json()
    assert (seen["sync"], seen["synced_version"], seen["answer"]) == ("synced", 2, "At ten.")


def test_all_are_deleted_of_one_customer_only(
    customer: httpx.Client, stranger: httpx.Client, hands: Any
) -> None:
    _create(customer)
    _create(customer, question="Where?")
    kept = _create(stranger)

    assert customer.delete("/api/v1/mobile-faqs").status_code == 422
    answer = customer.delete("/api/v1/mobile-faqs?confirm=true")

    assert answer.json()["deleted"] == 2
    assert customer.get("/api/v1/mobile-faqs").json()["items"] == []
    hands.run_all()
    assert sorted(kind for kind, _ in hands.calls) == ["faq.create", "faq.delete_all"]
    assert stranger.get(f"{URL}/{kept['faq_id']}").json()["sync"] == "synced"


def test_another_customers_faq_does_not_exist(
    customer: httpx.Client, stranger: httpx.Client
) -> None:
    address = f"{URL}/{_create(stranger)['faq_id']}"

    for answer in (
        customer.get(address),
        customer.put(address, json=FAQ),
        customer.delete(address),
        customer.delete(f"{URL}/{uuid4()}"),
    ):
        assert answer.status_code == 404
        assert answer.json()["type"] == "urn:warren:problem:faq-not-found"


def test_files_must_be_ones_own(customer: httpx.Client, stranger: httpx.Client) -> None:
    # Given a file of each of two customers
    mine, other = (
        client.post("/api/v1/artifacts?name=map.png", content=b"picture").json()["id"]
        for client in (customer, stranger)
    )

    refused = customer.post(URL, json={**FAQ, "files": [mine, other]})
    accepted = _create(customer, files=[mine])

    assert refused.status_code == 404
    assert refused.json()["errors"][0]["field"] == "files[1]"
    (file,) = customer.get(f"{URL}/{accepted['faq_id']}").json()["files"]
    assert (file["artifact_id"], file["name"], file["size"]) == (mine, "map.png", 7)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"answer": "x"}, "question"),
        ({"question": "  ", "answer": "x"}, "question"),
        ({"question": "x" * 1001, "answer": "x"}, "question"),
        ({"question": "x", "answer": "y" * 10_001}, "answer"),
        ({"question": "a\u0007b", "answer": "x"}, "question"),
        ({"question": "x", "answer": "y", "files": ["no-id"]}, "files[0]"),
        ({"question": "x", "answer": "y", "file": []}, "file"),
    ],
)
def test_what_is_no_faq_is_refused_by_field(
    customer: httpx.Client, database: Any, body: dict[str, Any], field: str
) -> None:
    answer = customer.post(URL, json=body)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field
    assert (database.count("faqs"), database.count("syncs"), database.count("tasks")) == (0, 0, 0)


def test_the_list_is_searched_and_paged(customer: httpx.Client) -> None:
    for number in range(5):
        _create(customer, question=f"Question {number}", answer="50% off_ers")

    found = customer.get("/api/v1/mobile-faqs", params={"search": "question 3"}).json()
    assert [item["question"] for item in found["items"]] == ["Question 3"]
    assert customer.get("/api/v1/mobile-faqs", params={"search": "50% OFF_"}).json()["items"]
    assert not customer.get("/api/v1/mobile-faqs", params={"search": "5%o"}).json()["items"]

    seen, cursor = [], None
    while True:
        params = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        page = customer.get("/api/v1/mobile-faqs", params=params).json()
        seen += [item["question"] for item in page["items"]]
        if not (cursor := page["next_cursor"]):
            break
    assert seen == [f"Question {number}" for number in (4, 3, 2, 1, 0)]


@pytest.mark.parametrize(
    ("header", "language", "word"),
    [("vi-VN,en;q=0.5", "vi", "chatbot"), ("de, ru;q=0.3", "ru", "чат-бот"), ("de", "en", "FAQ")],
)
def test_the_answer_is_in_the_language_asked_for(
    customer: httpx.Client, header: str, language: str, word: str
) -> None:
    answer = customer.post(URL, json=FAQ, headers={"Accept-Language": header})

    assert answer.headers["content-language"] == language
    assert word in answer.json()["message"]


def test_the_same_request_again_makes_nothing_new(customer: httpx.Client, hands: Any) -> None:
    first, again = (
        customer.post(URL, json=FAQ, headers={"Idempotency-Key": "one"}) for _ in range(2)
    )

    assert first.json() == again.json()
    assert len(hands.due()) == 1


def test_a_request_that_waits_is_answered_with_the_outcome(
    customer: httpx.Client, hands: Any
) -> None:
    # Given an FAQ whose sync is in a worker's hands
    import threading

    answers: list[httpx.Response] = []
    asking = threading.Thread(
        target=lambda: answers.append(customer.post(URL, json=FAQ, headers={"Prefer": "wait=10"}))
    )
    asking.start()
    from warren.testing.deadline import eventually

    eventually(lambda: bool(hands.due()))
    hands.run_all()
    asking.join(15)

    assert answers[0].status_code == 200
    assert answers[0].json()["status"] == "succeeded"
    assert "faq_id" in answers[0].json()


def test_a_deletion_that_was_cancelled_before_its_turn_can_be_asked_for_again(
    customer: httpx.Client, hands: Any
) -> None:
    # Given an FAQ on its way, and a deletion that waits for that and is cancelled
    address = f"{URL}/{_create(customer)['faq_id']}"
    (running,) = hands.publish_due()
    waiting = customer.delete(address).json()
    assert customer.post(f"/api/v1/tasks/{waiting['task_id']}/cancel").status_code == 200
    hands.succeed(running)
    assert hands.sync_of(waiting["faq_id"])["state"] == "failed"

    # When it is asked for again, but not changed
    assert customer.put(address, json=FAQ).status_code == 404
    answer = customer.delete(address)

    # Then it is done
    assert answer.status_code == 202, answer.text
    hands.run_all()
    assert hands.calls[-1][0] == "faq.delete"
    assert hands.sync_of(waiting["faq_id"])["state"] == "synced"
