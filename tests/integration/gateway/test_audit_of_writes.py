"""Single writes: one entry for each request that changed something, and none for others."""

import base64
import os
from typing import Any

import httpx
import pytest

from gateway.catalogue import bulk_writing
from tests.integration.gateway.catalogue.conftest import KINDS
from tests.integration.gateway.conftest import SPEECH
from warren.contracts.books import CacheFile, PlanBook, ProcessBook
from warren.contracts.kinds import KindDefinition
from warren.testing.deadline import eventually

pytestmark = pytest.mark.postgres
TASKS = "/api/v1/tasks"
PRODUCTS = "/api/v1/catalogue/products"
DOCUMENTS = "/api/v1/documents"
FAQ = "/api/v1/mobile-faq"
BOOKS = [
    KindDefinition(kind=job.kind, version=1, service="nlp", payload_schema=job.submission_schema())
    for job in (PlanBook, ProcessBook, CacheFile)
]
Told = tuple[str, str, dict[str, Any]]


@pytest.fixture(autouse=True)
def _nothing_told_yet(database: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARREN_SEALING_KEYS", base64.b64encode(os.urandom(32)).decode())
    database.ask("DELETE FROM audit_writes")
    database.ask("DELETE FROM audit_entries")


@pytest.fixture
def shop(client: httpx.Client, database: Any) -> httpx.Client:
    """A client whose gateway knows the kinds of catalogues and books by now."""
    database.announce(*KINDS, *BOOKS, release="9.0")
    eventually(lambda: client.put(f"{PRODUCTS}/probe", json={"name": "n"}).status_code == 202)
    database.ask("DELETE FROM audit_writes")
    return client


def _told(client: httpx.Client, **chosen: Any) -> list[Told]:
    """Action, target and details of each entry by the client, oldest first."""
    items = client.get("/api/v1/audit", params={"actor": _who(client), **chosen}).json()["items"]
    return [(item["action"], item["target"], item["details"]) for item in reversed(items)]


def _who(client: httpx.Client) -> str:
    return "key:" + client.headers["Authorization"].split("_")[1]


def _submit(client: httpx.Client) -> str:
    body = {"kind": SPEECH.kind, "payload": {"text": "private"}}
    return str(client.post(TASKS, json=body).json()["task_id"])


def test_a_task_that_is_cancelled_or_started_again_is_told_once_by_whoever_asked(
    client: httpx.Client, customer: httpx.Client, database: Any
) -> None:
    # Given an operator who cancels a customer's task, twice, starts it again, and cancels it
    task, kind = _submit(customer), {"kind": SPEECH.kind}
    codes = [
        client.post(f"{TASKS}/{task}/{action}").status_code
        for action in ("cancel", "cancel", "retry", "retry", "cancel/", "cancel/")
    ]
    assert codes == [200, 200, 202, 409, 200, 400]
    # When it has succeeded, it is cancelled no more
    database.ask("UPDATE tasks SET state = 'succeeded' WHERE id = %s", task)
    assert client.post(f"{TASKS}/{task}/cancel").status_code == 409
    # Then each change is told, as the customer's
    ((owner,),) = database.ask("SELECT customer_id FROM tasks WHERE id = %s", task)
    assert _told(client, customer_id=owner) == [
        ("task.cancelled", task, {**kind, "state": "pending", "generation": 1}),
        ("task.retried", task, {**kind, "state": "cancelled", "generation": 1}),
        ("task.cancelled", task, {**kind, "state": "pending", "generation": 2}),
    ]


def test_a_batch_that_is_cancelled_is_one_entry_without_its_members(client: httpx.Client) -> None:
    body = {"kind": SPEECH.kind, "payload": {"text": "private"}}
    batch = client.post(f"{TASKS}/batch", json={"items": [body, body]}).json()["batch_id"]

    assert client.post(f"{TASKS}/{batch}/cancel").status_code in (200, 202)

    ((action, target, details),) = _told(client)
    assert (action, target, details["kind"]) == ("task.cancelled", batch, "api.batch")


def test_an_item_is_told_by_its_version_and_task_and_not_by_what_it_says(
    shop: httpx.Client, database: Any
) -> None:
    item, same = {"name": "private"}, {"Idempotency-Key": "write it"}
    written = [shop.put(f"{PRODUCTS}/p1", json=item, headers=same) for _ in range(2)]
    assert [answer.status_code for answer in written] == [202, 202]
    # What the index has already is not written, nor deleted what nobody has written.
    database.ask("UPDATE catalogue_items SET indexed_version = version")
    assert shop.put(f"{PRODUCTS}/p1", json=item).status_code == 200
    assert shop.delete(f"{PRODUCTS}/unknown").status_code == 404

    deleted = shop.delete(f"{PRODUCTS}/p1").json()

    assert _told(shop) == [
        (f"catalogue.item_{action}", "p1", {"entity_kind": "product", **_brought(said)})
        for action, said in (("written", written[0].json()), ("deleted", deleted))
    ]


def _brought(said: dict[str, Any]) -> dict[str, Any]:
    return {"version": said["version"], "task_id": said["task_id"]}


def test_a_bulk_is_one_entry_with_how_many_items_however_many_tasks_it_takes(
    shop: httpx.Client, database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_writing, "MAX_BULK_DOCUMENTS", 3)
    items, same = [{"id": f"p{n}", "name": "private"} for n in range(8)], {"Idempotency-Key": "k"}
    url = f"{PRODUCTS}/bulk"

    large = [shop.post(url, json={"items": items}, headers=same).json() for _ in range(2)]
    database.ask("UPDATE catalogue_items SET indexed_version = version")
    assert shop.post(url, json={"items": items}).status_code == 200
    assert shop.post(url, json={"items": [{"id": "p9"}]}).status_code == 422
    small = shop.post(f"{url}-delete", json={"ids": ["p1", "p2"]}).json()

    assert _told(shop, action="catalogue") == [
        (
            "catalogue.bulk_written",
            "product",
            {"items": 8, "tasks": 3, "task_id": large[0]["task_id"]},
        ),
        (
            "catalogue.bulk_deleted",
            "product",
            {"items": 2, "tasks": 1, "task_id": small["task_id"]},
        ),
    ]


def test_a_document_and_an_faq_are_told_by_their_ids_and_tasks(client: httpx.Client) -> None:
    body, same = {"text": "private", "source": "wiki"}, {"Idempotency-Key": "once"}
    for _ in range(2):
        document = client.post(f"{DOCUMENTS}/upload-text", json=body, headers=same).json()
    unknown = {**body, "document_id": document["task_id"]}
    assert client.post(f"{DOCUMENTS}/upload-text", json=unknown).status_code == 404
    faq = client.post(FAQ, json={"question": "private", "answer": "a"}).json()
    url = f"{FAQ}/{faq['faq_id']}"
    changed = client.put(url, json={"question": "private", "answer": "b"}).json()
    deleted = client.delete(url).json()
    assert client.delete(url).status_code == 404
    assert client.put(url, json={"question": "q", "answer": "a"}).status_code == 404

    written = {"origin": "text", "version": document["version"], "task_id": document["task_id"]}
    assert _told(client) == [
        ("document.written", document["document_id"], written),
        *(
            (action, faq["faq_id"], _brought(said))
            for action, said in (
                ("faq.written", faq),
                ("faq.written", changed),
                ("faq.deleted", deleted),
            )
        ),
    ]


def test_an_upload_is_told_once_by_its_size_and_without_its_name(client: httpx.Client) -> None:
    same = {"Idempotency-Key": "once", "Content-Type": "text/plain"}
    url = "/api/v1/artifacts?name=private.txt"
    for _ in range(2):
        uploaded = client.post(url, content=b"private", headers=same).json()

    details = {"size": 7, "media_type": "text/plain"}
    assert _told(client) == [("artifact.uploaded", uploaded["id"], details)]


def test_a_ping_and_a_message_that_is_sent_again_are_told(client: httpx.Client) -> None:
    hook = {"url": "https://example.com/token-4711"}
    made = client.post("/api/v1/webhooks", json=hook).json()["id"]
    same = {"Idempotency-Key": "once"}
    for _ in range(2):
        ping = client.post(f"/api/v1/webhooks/{made}/ping", headers=same).json()["id"]
    again = client.post(f"/api/v1/webhooks/deliveries/{ping}/resend").json()["id"]

    assert _told(client, action="webhook")[1:] == [
        ("webhook.pinged", made, {"type": "webhook.ping", "task_id": ping}),
        ("webhook.message_resent", ping, {"type": "webhook.ping", "task_id": again}),
    ]


def test_a_book_is_told_when_it_comes_and_whenever_it_is_worked_on(
    shop: httpx.Client, database: Any
) -> None:
    same = {"Idempotency-Key": "once"}
    file, fields = {"file": ("private.txt", b"Once upon a time. " * 20)}, {"plan": "true"}
    for _ in range(2):
        uploaded = shop.post("/api/v1/books", files=file, data=fields, headers=same).json()
    book = f"/api/v1/books/{uploaded['book_id']}"
    assert shop.post(f"{book}/start").status_code == 409
    database.ask("UPDATE tasks SET state = 'succeeded'")
    started = shop.post(f"{book}/start").json()
    for _ in range(2):
        cached = shop.post(f"{book}/cache", headers={"Idempotency-Key": "2"}).json()

    assert _told(shop) == [
        (action, uploaded["book_id"], {"kind": said["kind"], "task_id": said["task_id"]})
        for action, said in (
            ("book.uploaded", uploaded),
            ("book.worked_on", started),
            ("book.worked_on", cached),
        )
    ]


def test_no_item_is_written_and_no_task_cancelled_without_its_entry(
    shop: httpx.Client, database: Any
) -> None:
    task = _submit(shop)
    # Given an audit that cannot be written
    database.ask("ALTER TABLE audit_writes RENAME TO elsewhere")
    try:
        # When something is to be changed
        put = shop.put(f"{PRODUCTS}/never", json={"name": "n"})
        cancelled = shop.post(f"{TASKS}/{task}/cancel")
    finally:
        database.ask("ALTER TABLE elsewhere RENAME TO audit_writes")
    # Then it is not
    assert (put.status_code, cancelled.status_code) == (503, 503)
    assert database.ask("SELECT state FROM tasks WHERE id = %s", task) == [("pending",)]
    assert database.ask("SELECT FROM catalogue_items WHERE id = 'never'") == []


def test_single_writes_and_other_changes_are_one_list(client: httpx.Client) -> None:
    for number in range(3):
        client.post(f"{TASKS}/{_submit(client)}/cancel")
        client.post(f"/api/v1/queues/tts{number}.default/pause")

    seen: list[str] = []
    chosen = {"actor": _who(client), "limit": "2"}
    while chosen.get("cursor", "") is not None:
        page = client.get("/api/v1/audit", params=chosen).json()
        seen += [item["action"] for item in page["items"]]
        chosen["cursor"] = page["next_cursor"]

    assert seen == ["queue.paused", "task.cancelled"] * 3
    assert len(_told(client, action="task")) == len(_told(client, action="queue.paused")) == 3
    assert _told(client, action="task.deleted") == _told(client, action="nothing.known") == []
