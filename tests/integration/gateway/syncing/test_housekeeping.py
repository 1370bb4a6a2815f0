"""What is left of documents and FAQs when they are gone, and what keeps their files."""

from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from gateway.housekeeping.cleaning.jobs import CleanArtifacts
from gateway.housekeeping.cleaning.workers import CleanArtifactsWorker
from gateway.housekeeping.statistics.jobs import SystemStats
from gateway.housekeeping.statistics.workers import SystemStatsWorker
from gateway.reconciling.cleaning import forget_gone, free_stuck
from warren.testing.worker import FakeContext

pytestmark = pytest.mark.postgres
URL = "/api/v1/documents"


@pytest.fixture
def clean(database: Any, artifacts_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Make everything ten days older, and run the nightly clean-up of files."""
    monkeypatch.setenv("WARREN_DATABASE_URL", database.url)
    monkeypatch.setenv("WARREN_ARTIFACTS_URL", str(artifacts_folder))

    def run() -> int:
        database.ask("UPDATE artifacts SET created_at = created_at - interval '10 days'")
        database.ask("UPDATE tasks SET payload = '{}', cleaned_at = now()")
        worker = CleanArtifactsWorker()
        return worker.perform(CleanArtifacts(), FakeContext()).deleted_artifacts

    return run


def _forget(database: Any) -> int:
    database.ask("UPDATE syncs SET synced_at = synced_at - interval '2 hours'")
    with psycopg.connect(database.url, autocommit=True) as connection:
        return forget_gone(connection)


def test_the_files_of_a_document_live_as_long_as_it_does(
    customer: httpx.Client, hands: Any, database: Any, clean: Any
) -> None:
    # Given a document with an original and an extracted text
    accepted = customer.post(f"{URL}/upload-text", json={"text": "Words", "source": "s"}).json()
    (task,) = hands.publish_due()
    text = hands.calls[0][1]["artifact"] | {"id": "0192f0c5-0000-7000-8000-00000000beef"}
    result = {"document_id": accepted["document_id"], "version": 1, "text": text, "characters": 5}
    hands.succeed(task, result, artifacts=[text])
    seen = customer.get(f"{URL}/{accepted['document_id']}").json()
    assert seen["characters"] == 5

    # Then a clean-up, however late, leaves both
    assert clean() == 0
    for link in (seen["original"]["url"], seen["text"]["url"]):
        assert customer.get(link).text == "Words"

    # And when it is gone on both sides, they go
    customer.delete(f"{URL}/delete-all?confirm=true")
    hands.run_all()
    assert _forget(database) == 1
    assert (database.count("documents"), database.count("kept_artifacts")) == (0, 0)
    assert clean() == 2


def test_a_tombstone_stays_until_the_deletion_is_confirmed(
    customer: httpx.Client, hands: Any, database: Any
) -> None:
    customer.post(f"{URL}/upload-text", json={"text": "Words", "source": "s"})
    hands.run_all()
    customer.delete(f"{URL}/delete-all?confirm=true")

    assert _forget(database) == 0
    assert database.count("documents") == 1


def test_an_upload_stays_while_an_faq_names_it(
    customer: httpx.Client, hands: Any, database: Any, clean: Any
) -> None:
    file = customer.post("/api/v1/artifacts", content=b"x").json()["id"]
    body = {"question": "Q", "answer": "A", "files": [file]}
    faq = customer.post("/api/v1/mobile-faq", json=body).json()["faq_id"]
    hands.run_all()
    assert clean() == 0

    customer.put(f"/api/v1/mobile-faq/{faq}", json={"question": "Q", "answer": "A"})
    hands.run_all()

    assert clean() == 1


def test_statistics_tell_how_far_the_chatbot_is_behind(
    customer: httpx.Client, hands: Any, database: Any, clean: Any
) -> None:
    customer.post(f"{URL}/upload-text", json={"text": "one", "source": "s"})
    hands.run_all()
    customer.post(f"{URL}/upload-text", json={"text": "two", "source": "s"})
    customer.post("/api/v1/mobile-faq", json={"question": "Q", "answer": "A"})
    (failing, _) = hands.publish_due()
    hands.fail(failing)
    database.ask("UPDATE syncs SET changed_at = now() - interval '1 hour'")

    report = SystemStatsWorker().perform(SystemStats(), FakeContext())

    documents, faqs = report.in_step["documents"], report.in_step["faqs"]
    assert (documents.items, documents.pending, documents.failed) == (2, 0, 1)
    assert (faqs.items, faqs.pending, faqs.failed) == (1, 1, 0)
    assert 3600 <= faqs.oldest_unsynced_seconds < 3700


def test_a_sync_that_waits_for_an_end_nobody_saw_is_freed(
    customer: httpx.Client, hands: Any, database: Any
) -> None:
    # Given a sync behind another whose end went unseen
    faq = customer.post("/api/v1/mobile-faq", json={"question": "Q", "answer": "A"}).json()
    hands.publish_due()
    later = customer.put(
        f"/api/v1/mobile-faq/{faq['faq_id']}", json={"question": "Q", "answer": "B"}
    ).json()
    database.ask("UPDATE tasks SET state = 'failed' WHERE id = %s", faq["task_id"])
    assert hands.due() == []

    with psycopg.connect(database.url, autocommit=True) as connection:
        assert free_stuck(connection) == 1
        assert free_stuck(connection) == 0

    assert [str(row["task_id"]) for row in hands.due()] == [later["task_id"]]
