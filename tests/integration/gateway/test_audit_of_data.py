"""Whoever empties, imports or runs something of a customer's is told in the audit."""

from typing import Any

import httpx
import pytest

from warren.contracts.catalogue import Action, catalogue_job
from warren.contracts.catalogue_item import EntityKind
from warren.contracts.kinds import Audience, KindDefinition

pytestmark = pytest.mark.postgres
CLEAR = catalogue_job(Action.DELETE_ALL, EntityKind.PRODUCT)
FAQS = "/api/v1/mobile-faqs"
CSV = b"question,answer\nWhen?,At nine.\nWhere?,Here.\n"


@pytest.fixture(autouse=True)
def _nothing_told_yet(database: Any) -> None:
    database.ask("DELETE FROM audit_entries")
    database.ask("DELETE FROM schedules")


def _told(client: httpx.Client, action: str) -> list[tuple[str, dict[str, Any]]]:
    """Target and details of each entry, newest first; all of them are the client's own."""
    items = client.get("/api/v1/audit", params={"action": action}).json()["items"]
    who = "key:" + client.headers["Authorization"].split("_")[1]
    assert {item["actor"] for item in items} <= {who}
    return [(item["target"], item["details"]) for item in items]


def test_emptying_a_catalogue_is_told_once(client: httpx.Client, database: Any) -> None:
    schema = CLEAR.submission_schema()
    database.announce(
        KindDefinition(
            kind=CLEAR.kind, version=1, service="indexer", payload_schema=schema,
            audience=Audience.INTERNAL,
        )
    )  # fmt: skip
    url, same = "/api/v1/catalogue/products", {"Idempotency-Key": "empty it"}
    assert client.delete(url).status_code == 422

    answers = [client.delete(f"{url}?confirm=true", headers=same) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [202, 202]
    cleared = answers[0].json()
    told = {"task_id": cleared["task_id"], "floor": cleared["floor"]}
    assert _told(client, "catalogue") == [("product", told)]


def test_deleting_documents_is_told_by_source_and_of_all(client: httpx.Client) -> None:
    for source in ("wiki", "wiki", "blog"):
        body = {"text": "private", "source": source}
        assert client.post("/api/v1/documents/upload-text", json=body).status_code == 202
    url = "/api/v1/documents"
    assert client.delete(f"{url}/delete-by-source?source=nobody").status_code == 404

    wiki = client.delete(f"{url}/delete-by-source?source=wiki").json()
    rest = client.delete(f"{url}/delete-all?confirm=true").json()
    index = client.post(f"{url}/reindex").json()

    assert _told(client, "documents") == [
        ("documents", {"task_id": index["task_id"]}),
        ("documents", {"task_id": rest["task_id"], "deleted": 1}),
        ("documents", {"task_id": wiki["task_id"], "deleted": 2, "source": "wiki"}),
    ]


def test_importing_and_deleting_faqs_is_told_without_what_they_say(client: httpx.Client) -> None:
    url, file = "/api/v1/mobile-faq/import", {"file": ("faqs.csv", CSV)}
    assert client.post(f"{url}?dry_run=true", files=file).status_code == 200
    done = client.post(url, files=file).json()
    # A second time there is nothing to be done.
    assert client.post(url, files=file).status_code == 200
    deletion = client.delete(f"{FAQS}?confirm=true").json()

    told = _told(client, "faqs")

    assert told == [
        ("faqs", {"task_id": deletion["task_id"], "deleted": 2}),
        (done["import_id"], {"task_id": done["task_id"], "creates": 2, "updates": 0}),
    ]


def test_running_a_schedule_is_told_once(client: httpx.Client) -> None:
    body = {"kind": "tts.synthesize", "cron": "0 2 * * *", "payload": {"text": "private"}}
    made = client.post("/api/v1/schedules", json={**body, "name": "nightly"}).json()
    same = {"Idempotency-Key": "run it"}

    runs = [client.post("/api/v1/schedules/nightly/run", headers=same).json() for _ in range(2)]

    told = {"name": "nightly", "kind": "tts.synthesize", "task_id": runs[0]["task_id"]}
    assert _told(client, "schedule.run") == [(made["id"], told)]
