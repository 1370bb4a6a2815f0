"""Idempotency keys of the reference chatbot."""

from fastapi.testclient import TestClient

from chatbot.app import make_app

_FAQ = {"version": 1, "question": "When?", "answer": "At nine."}
_KEY = {"Idempotency-Key": "task:faq"}


def test_the_same_call_with_the_same_key_gets_the_first_answer(chatbot: TestClient) -> None:
    first = chatbot.put("faqs/f1", json=_FAQ, headers=_KEY)
    again = chatbot.put("faqs/f1", json=_FAQ, headers=_KEY)

    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"


def test_a_key_is_not_taken_for_another_call(chatbot: TestClient) -> None:
    chatbot.put("faqs/f1", json=_FAQ, headers=_KEY)

    other = chatbot.put("faqs/f2", json=_FAQ, headers=_KEY)

    assert (other.status_code, other.json()["type"]) == (422, "idempotency-key-reused")


def test_a_deletion_that_was_applied_before_the_answer_was_lost_is_answered_alike(
    chatbot: TestClient,
) -> None:
    chatbot.put("faqs/f1", json=_FAQ)
    chatbot.put("http://chatbot/faults", json={"fault": "fails_after", "first": 1})
    failed = chatbot.delete("faqs", params={"version": 2}, headers=_KEY)

    again = chatbot.delete("faqs", params={"version": 2}, headers=_KEY)

    assert (failed.status_code, again.status_code) == (500, 200)
    assert again.json() == {"version": 2, "removed": 1, "newer": None}


def test_with_a_token_only_its_bearer_is_served() -> None:
    with TestClient(make_app(":memory:", "secret"), base_url="http://chatbot") as chatbot:
        bearer = {"Authorization": "Bearer secret"}

        assert chatbot.get("/v1/customers/c1/faqs").status_code == 401
        assert chatbot.get("/v1/customers/c1/faqs", headers=bearer).status_code == 200
