"""Documents: accepted at once, and brought to the chatbot one sync at a time."""

import threading
from typing import Any

import httpx
import psycopg
import pytest

from warren.testing.deadline import eventually

pytestmark = pytest.mark.postgres
URL = "/api/v1/documents"


def _upload(client: httpx.Client, text: str = "Some text.", **more: Any) -> dict[str, Any]:
    body = {"text": text, "source": "handbook", **more}
    answer = client.post(f"{URL}/upload-text", json=body)
    assert answer.status_code == 202, answer.text
    return dict(answer.json())


def test_a_text_is_queued_and_then_synced(customer: httpx.Client, hands: Any) -> None:
    # When a text is uploaded
    accepted = _upload(customer, metadata={"page": 1})

    # Then it is queued, and pending until the chatbot has it
    assert accepted["status"] == "queued"
    document = f"{URL}/{accepted['document_id']}"
    assert customer.get(document).json()["sync"] == "pending"
    (task,) = hands.publish_due()
    assert str(task) == accepted["task_id"]
    hands.succeed(task)
    seen = customer.get(document).json()
    assert seen["sync"] == "synced"
    assert seen["synced_version"] == seen["desired_version"] == 1
    (kind, payload) = hands.calls[0]
    assert kind == "document.upload_text"
    assert payload["artifact"]["size"] == len("Some text.")


def test_ten_quick_changes_become_two_calls(customer: httpx.Client, hands: Any) -> None:
    # Given a document whose first sync is in a worker's hands
    first = _upload(customer, "one")
    (running,) = hands.publish_due()

    # When it is replaced ten times
    document = first["document_id"]
    later = [_upload(customer, f"text {n}", document_id=document) for n in range(10)]

    # Then nothing else is due, until the sync has ended
    assert hands.due() == []
    status = customer.get(f"/api/v1/tasks/{later[-1]['task_id']}/status").json()
    assert (status["status"], status["waiting_for"]) == ("pending", "concurrency")
    hands.succeed(running)
    (last,) = hands.publish_due()
    hands.succeed(last)

    # And the last of the ten is the only one that made a call
    assert str(last) == later[-1]["task_id"]
    versions = [payload["desired_version"] for kind, payload in hands.calls[:2]]
    assert versions == [1, 11]
    superseded = hands.task(later[3]["task_id"])
    assert superseded["state"] == "succeeded"
    assert superseded["result"] == {"superseded_by": later[4]["version"]}
    assert customer.get(f"{URL}/{document}").json()["synced_version"] == 11


def test_a_sync_that_waits_for_the_chatbot_gives_way_to_a_later_one(
    customer: httpx.Client, hands: Any
) -> None:
    # Given a document that is changed while its sync is in a worker's hands
    first = _upload(customer, "one")
    (running,) = hands.publish_due()
    second = _upload(customer, "two", document_id=first["document_id"])

    # When the worker finds that the chatbot is down
    hands.wait(running)

    # Then the later sync is due in its place
    assert [str(row["task_id"]) for row in hands.due()] == [second["task_id"]]
    assert hands.task(running)["result"] == {"superseded_by": second["version"]}


def test_deleting_everything_supersedes_what_waits(
    customer: httpx.Client, stranger: httpx.Client, hands: Any
) -> None:
    # Given documents of two customers, one of them synced
    synced = _upload(customer)
    hands.run_all()
    waiting = _upload(customer, source="other")
    foreign = _upload(stranger)

    # When one deletes all of its own
    assert customer.delete(f"{URL}/delete-all").status_code == 422
    answer = customer.delete(f"{URL}/delete-all?confirm=true")

    # Then only the deletion, and the other customer's sync, are due
    assert answer.status_code == 202
    assert answer.json()["deleted"] == 2
    due = {str(row["task_id"]) for row in hands.due()}
    assert due == {answer.json()["task_id"], foreign["task_id"]}
    assert hands.task(waiting["task_id"])["result"] == {"superseded_by": 3}
    assert customer.get(f"{URL}/list").json()["items"] == []
    assert customer.get(f"{URL}/{synced['document_id']}").status_code == 404

    # And tombstones are confirmed with it
    assert hands.sync_of(synced["document_id"])["state"] == "pending"
    hands.run_all()
    assert hands.sync_of(synced["document_id"])["state"] == "synced"
    assert hands.sync_of(waiting["document_id"])["state"] == "synced"
    assert hands.sync_of(foreign["document_id"])["deleted"] is False


def test_what_never_reached_the_chatbot_is_deleted_without_a_call(
    customer: httpx.Client, hands: Any
) -> None:
    _upload(customer, source="draft")

    answer = customer.delete(f"{URL}/delete-by-source", params={"source": "draft"})

    assert answer.status_code == 202
    assert hands.due() == []
    assert hands.task(answer.json()["task_id"])["state"] == "succeeded"


def test_a_failure_is_told_and_stated(customer: httpx.Client, hands: Any) -> None:
    # Given a document whose sync fails for good
    accepted = _upload(customer)
    (task,) = hands.publish_due()
    hands.fail(task)

    # Then the document says why
    seen = customer.get(f"{URL}/{accepted['document_id']}").json()
    assert seen["sync"] == "failed"
    assert seen["error"] == {"type": "Broken", "message": "it does not work"}
    # And the event is on its way
    (event,) = hands.ask(
        "SELECT convert_from(body, 'UTF8')::jsonb AS event FROM publications"
        " WHERE routing_key = 'document.failed.v1' AND body::text LIKE %s",
        "%",
    )
    assert event["event"]["data"]["id"] == accepted["document_id"]
    assert event["event"]["data"]["version"] == 1


def test_a_burst_of_changes_leads_to_one_reindex(customer: httpx.Client, hands: Any) -> None:
    # When several documents are synced one after the other
    for number in range(3):
        _upload(customer, f"text {number}")
    hands.run_all()

    # Then one reindex waits for silence
    waiting = "SELECT o.* FROM outbox o WHERE kind = 'document.trigger_reindex'"
    (row,) = hands.ask(waiting)
    assert hands.due() == []

    # And another burst puts it off, while one asked for takes its place
    hands.ask("UPDATE outbox SET available_at = now() + interval '10 seconds'")
    _upload(customer, "another")
    hands.run_all()
    (later,) = hands.ask(waiting)
    assert later["task_id"] == row["task_id"]
    (late,) = hands.ask("SELECT available_at > now() + interval '20 seconds' AS late FROM outbox")
    assert late["late"]
    asked = customer.post(f"{URL}/reindex").json()
    assert [str(due["task_id"]) for due in hands.due()] == [asked["task_id"]]
    assert hands.task(row["task_id"])["result"] == {"superseded_by": 2}


def test_a_deletion_does_not_wait_for_what_is_in_flight(customer: httpx.Client, hands: Any) -> None:
    # Given a document that is on its way
    accepted = _upload(customer)
    (running,) = hands.publish_due()

    # When its source is deleted, and that is confirmed first
    deleted = customer.delete(f"{URL}/delete-by-source", params={"source": "handbook"}).json()
    assert [str(row["task_id"]) for row in hands.due()] == [deleted["task_id"]]
    hands.publish(deleted["task_id"])
    hands.succeed(deleted["task_id"])
    hands.succeed(running, {"document_id": accepted["document_id"], "superseded_by": 2})

    # Then the tombstone stays confirmed
    row = hands.sync_of(accepted["document_id"])
    assert (row["state"], row["deleted"], row["next_task_id"]) == ("synced", True, None)


def test_a_failed_deletion_is_told_by_its_tombstones(customer: httpx.Client, hands: Any) -> None:
    accepted = _upload(customer)
    hands.run_all()
    customer.delete(f"{URL}/delete-all?confirm=true")
    (task,) = hands.publish_due()
    hands.fail(task)

    assert hands.sync_of(accepted["document_id"])["state"] == "failed"
    customer.delete(f"{URL}/delete-all?confirm=true")
    hands.run_all()
    assert hands.sync_of(accepted["document_id"])["state"] == "synced"


def test_what_a_cancelled_deletion_covers_is_not_pending_for_ever(
    customer: httpx.Client, hands: Any
) -> None:
    # Given a deletion of everything that waits for an earlier one
    customer.delete(f"{URL}/delete-all?confirm=true")
    (earlier,) = hands.publish_due()
    later = _upload(customer)["document_id"]
    (upload,) = hands.publish_due()
    hands.succeed(upload)
    waiting = customer.delete(f"{URL}/delete-all?confirm=true").json()["task_id"]

    # When it is cancelled, and the earlier one succeeds
    cancelled = customer.post(f"/api/v1/tasks/{waiting}/cancel")
    assert cancelled.status_code == 200, cancelled.text
    hands.succeed(earlier)

    # Then what only it would have deleted has failed, and says why
    row = hands.sync_of(later)
    assert (row["state"], row["last_error"]["type"]) == ("failed", "Cancelled")


def test_a_change_that_was_cancelled_before_its_turn_is_stated_with_its_reason(
    customer: httpx.Client, hands: Any
) -> None:
    # Given a change that waits for the end of the one before
    document = _upload(customer)["document_id"]
    (running,) = hands.publish_due()
    waiting = _upload(customer, "later", document_id=document)["task_id"]

    # When it is cancelled
    customer.post(f"/api/v1/tasks/{waiting}/cancel")
    hands.succeed(running)

    # Then the event says so
    events = hands.ask(
        "SELECT convert_from(body, 'UTF8')::jsonb -> 'data' AS data FROM publications"
        " WHERE routing_key = 'document.failed.v1'"
    )
    mine = [event["data"] for event in events if event["data"]["id"] == document]
    assert [said["error"]["type"] for said in mine] == ["Cancelled"]


def test_the_deletion_of_a_source_that_has_failed_can_be_asked_for_again(
    customer: httpx.Client, hands: Any
) -> None:
    # Given a synced document, and a deletion of its source that fails for good
    document = _upload(customer)["document_id"]
    hands.run_all()
    wanted = {"source": "handbook"}
    assert customer.delete(f"{URL}/delete-by-source", params=wanted).status_code == 202
    (task,) = hands.publish_due()
    hands.fail(task)

    # When it is asked for again
    answer = customer.delete(f"{URL}/delete-by-source", params=wanted)

    # Then it is done, and no third time
    assert answer.status_code == 202, answer.text
    assert customer.delete(f"{URL}/delete-by-source", params=wanted).status_code == 404
    hands.run_all()
    assert hands.sync_of(document)["state"] == "synced"


def test_the_deletion_of_a_source_names_what_the_chatbot_has_under_another_one(
    customer: httpx.Client, hands: Any
) -> None:
    # Given a synced document that has moved to another source, and no sync of that yet
    document = _upload(customer, source="blog")["document_id"]
    _upload(customer, source="wiki")
    hands.run_all()
    _upload(customer, document_id=document, source="wiki")

    # When that source is deleted
    deletion = customer.delete(f"{URL}/delete-by-source", params={"source": "wiki"})

    # Then the chatbot is told which document it has elsewhere
    assert deletion.status_code == 202, deletion.text
    payload = hands.task(deletion.json()["task_id"])["payload"]
    assert payload["moved"] == [document]


def test_a_document_that_was_synced_where_it_is_has_not_moved(
    customer: httpx.Client, hands: Any
) -> None:
    # Given a document whose move the chatbot has taken in
    document = _upload(customer, source="blog")["document_id"]
    hands.run_all()
    _upload(customer, document_id=document, source="wiki")
    (task,) = hands.publish_due()
    hands.succeed(task, {"document_id": document, "version": 2})

    deletion = customer.delete(f"{URL}/delete-by-source", params={"source": "wiki"})

    payload = hands.task(deletion.json()["task_id"])["payload"]
    assert payload.get("moved", []) == []


def test_a_document_can_be_replaced_while_the_end_of_its_sync_is_recorded(
    customer: httpx.Client, hands: Any, database: Any
) -> None:
    # Given the recorder's transaction, which has locked the task of a document's sync
    document = _upload(customer)["document_id"]
    (task,) = hands.publish_due()
    answers: list[httpx.Response] = []
    body = {"text": "Newer.", "source": "wiki", "document_id": document}
    replacing = threading.Thread(
        target=lambda: answers.append(customer.post(f"{URL}/upload-text", json=body))
    )
    with psycopg.connect(database.url) as recorder:
        recorder.execute("SET LOCAL lock_timeout = '500ms'")
        recorder.execute("SELECT FROM tasks WHERE id = %s FOR NO KEY UPDATE", [task])

        # When somebody replaces the document meanwhile, and waits for that lock
        replacing.start()
        waiting = "SELECT pid FROM pg_locks WHERE NOT granted"
        eventually(lambda: hands.ask(waiting) != [])

        # Then nobody is in the recorder's way when it writes what was read of the document
        recorder.execute("UPDATE documents SET moved = false WHERE id = %s", [document])
    replacing.join(10)
    assert answers[0].status_code == 202, answers[0].text
    (row,) = hands.ask("SELECT source, moved FROM documents WHERE id = %s", document)
    assert row == {"source": "wiki", "moved": True}


def test_a_file_is_kept_as_what_it_was_recognised_as(customer: httpx.Client) -> None:
    # Given files whose first bytes say nothing, or something else than all of them
    files = {"padded.pdf": b"\n" * 200 + b"%PDF-1.4\n", "page.md": b"{\\rtf1 begins an RTF file."}
    for name, content in files.items():
        # When they are uploaded
        answer = customer.post(
            f"{URL}/upload-file", files={"file": (name, content)}, data={"source": "handbook"}
        )
        assert answer.status_code == 202, answer.text
    # Then they are listed as what they are
    listed = customer.get(f"{URL}/list").json()["items"]
    found = {item["name"]: item["media_type"] for item in listed}
    assert found == {"padded.pdf": "application/pdf", "page.md": "text/markdown"}
