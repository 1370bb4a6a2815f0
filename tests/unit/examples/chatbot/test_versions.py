"""Which writes the reference chatbot accepts, and which come too late."""

from typing import Any

from fastapi.testclient import TestClient


def document(version: int, text: str = "Bees dance.", source: str = "wiki") -> dict[str, Any]:
    return {"version": version, "source": source, "text": text}


def faq(version: int, answer: str = "At nine.") -> dict[str, Any]:
    return {"version": version, "question": "When do you open?", "answer": answer}


def ids(chatbot: TestClient, collection: str) -> list[str]:
    return [item["id"] for item in chatbot.get(collection).json()["items"]]


def journal(chatbot: TestClient) -> list[tuple[str, int]]:
    return [(c["operation"], c["version"]) for c in chatbot.get("journal").json()["items"]]


def test_an_older_version_that_comes_later_is_refused_and_told_the_newer(
    chatbot: TestClient,
) -> None:
    chatbot.put("documents/d1", json=document(7, "new"))

    late = chatbot.put("documents/d1", json=document(6, "old"))

    assert (late.status_code, late.json()["type"]) == (409, "superseded")
    assert late.json()["current_version"] == 7
    assert chatbot.get("documents/d1").json()["text"] == "new"


def test_the_same_version_again_changes_nothing(chatbot: TestClient) -> None:
    first = chatbot.put("documents/d1", json=document(1))
    again = chatbot.put("documents/d1", json=document(1))

    assert (first.json()["status"], again.json()["status"]) == ("applied", "unchanged")
    assert journal(chatbot) == [("put", 1)]


def test_the_same_version_with_another_content_is_a_conflict(chatbot: TestClient) -> None:
    chatbot.put("faqs/f1", json=faq(1, "At nine."))

    other = chatbot.put("faqs/f1", json=faq(1, "At ten."))

    assert (other.status_code, other.json()["type"]) == (409, "version-conflict")


def test_a_deleted_entry_does_not_come_back_with_a_late_write(chatbot: TestClient) -> None:
    chatbot.delete("faqs/f1", params={"version": 5})

    late = chatbot.put("faqs/f1", json=faq(4))

    assert late.status_code == 409
    assert ids(chatbot, "faqs") == []


def test_deleting_all_spares_what_was_written_later_and_refuses_what_was_written_before(
    chatbot: TestClient,
) -> None:
    chatbot.put("documents/d1", json=document(1))
    chatbot.put("documents/d3", json=document(9))

    removed = chatbot.delete("documents", params={"version": 8})
    late = chatbot.put("documents/d2", json=document(2))

    assert removed.json() == {"version": 8, "removed": 1, "newer": 9}
    assert (late.status_code, late.json()["current_version"]) == (409, 8)
    assert ids(chatbot, "documents") == ["d3"]


def test_deleting_a_source_spares_other_sources(chatbot: TestClient) -> None:
    chatbot.put("documents/d1", json=document(1, source="wiki"))
    chatbot.put("documents/d2", json=document(2, source="blog"))

    removed = chatbot.delete("documents", params={"version": 3, "source": "wiki"})

    assert removed.json()["removed"] == 1
    assert ids(chatbot, "documents") == ["d2"]


def test_a_document_deleted_with_its_source_does_not_come_back_under_an_older_source(
    chatbot: TestClient,
) -> None:
    chatbot.put("documents/d1", json=document(5, source="wiki"))
    chatbot.delete("documents", params={"version": 6, "source": "wiki"})

    late = chatbot.put("documents/d1", json=document(4, source="blog"))

    assert late.status_code == 409
    assert ids(chatbot, "documents") == []


def test_an_older_deletion_of_all_is_superseded(chatbot: TestClient) -> None:
    chatbot.delete("faqs", params={"version": 8})

    assert chatbot.delete("faqs", params={"version": 7}).json()["current_version"] == 8


def test_of_several_faqs_each_has_an_outcome_of_its_own(chatbot: TestClient) -> None:
    chatbot.put("faqs/f1", json=faq(9))
    items = [{"id": "f1", **faq(3)}, {"id": "f2", **faq(4)}]

    outcomes = chatbot.post("faqs", json={"items": items}).json()["items"]

    assert [(o["id"], o["status"]) for o in outcomes] == [("f1", "superseded"), ("f2", "applied")]


def test_customers_do_not_see_each_other(chatbot: TestClient) -> None:
    chatbot.put("faqs/f1", json=faq(9))

    assert chatbot.get("http://chatbot/v1/customers/c2/faqs").json()["items"] == []
    other = chatbot.put("http://chatbot/v1/customers/c2/faqs/f1", json=faq(1))
    assert other.json()["status"] == "applied"


def test_a_list_is_read_page_by_page(chatbot: TestClient) -> None:
    for number in range(5):
        chatbot.put(f"faqs/f{number}", json=faq(number + 1))

    first = chatbot.get("faqs", params={"limit": 3}).json()
    rest = chatbot.get("faqs", params={"limit": 3, "after": first["next_after"]}).json()

    assert [i["version"] for i in first["items"] + rest["items"]] == [1, 2, 3, 4, 5]
    assert rest["next_after"] is None


def test_a_wrong_call_is_answered_with_the_field(chatbot: TestClient) -> None:
    answer = chatbot.put("faqs/f1", json={**faq(1), "version": 0})

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert "version" in answer.json()["detail"]


def test_a_question_is_answered_from_what_was_there_at_the_last_reindex(
    chatbot: TestClient,
) -> None:
    chatbot.put("documents/d1", json=document(1, "Bees dance to tell where the flowers are."))
    chatbot.put("faqs/f1", json=faq(1))
    chatbot.post("reindex")
    chatbot.put("documents/d2", json=document(2, "Flowers open at dawn."))

    found = chatbot.post("answers", params={"question": "where do bees dance?"}).json()["items"]

    assert found[0]["id"] == "d1"
    assert "d2" not in {item["id"] for item in found}
