"""warren.client.documents and warren.client.faqs against a gateway that serves."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from warren.client import documents, faqs
from warren.client.errors import RefusedByGateway
from warren.client.gateway_client import GatewayClient, standing_in

pytestmark = pytest.mark.postgres


@pytest.fixture(autouse=True)
def standing(customer: httpx.Client) -> Iterator[None]:
    key = customer.headers["authorization"].removeprefix("Bearer ")
    client = GatewayClient(str(customer.base_url), key)
    with standing_in(client):
        yield
    client.close()


def test_documents_come_and_go(hands: Any, tmp_path: Path) -> None:
    # Given a text, a file and an address
    text = documents.upload_text("Words", "handbook", {"page": 1})
    (tmp_path / "more.md").write_text("# More")
    file = documents.upload_file(tmp_path / "more.md", "handbook", {"page": 2})
    documents.upload_url("https://example.com/page", "web")
    hands.run_all()

    # Then they are seen with what was said of them
    assert text["status"] == "queued"
    seen = documents.get(file["document_id"])
    assert (seen["media_type"], seen["metadata"]) == ("text/markdown", {"page": 2})
    assert {item["source"] for item in documents.every()} == {"handbook", "web"}
    assert [(item["source"], item["documents"]) for item in documents.sources()] == [
        ("handbook", 2),
        ("web", 1),
    ]
    # And gone when they are deleted
    assert documents.delete_by_source("web")["deleted"] == 1
    assert documents.trigger_reindex()["status"] == "queued"
    assert documents.delete_all()["deleted"] == 2
    assert list(documents.every()) == []
    with pytest.raises(RefusedByGateway):
        documents.delete_by_source("web")


def test_faqs_come_and_go(hands: Any, tmp_path: Path) -> None:
    faq = faqs.create("When?", "At nine.")["faq_id"]
    faqs.update(faq, "When?", "At ten.")
    (tmp_path / "faqs.csv").write_text("question,answer\nWhere?,Here.\n")
    assert faqs.import_file(tmp_path / "faqs.csv", dry_run=True)["creates"] == 1
    assert faqs.import_file(tmp_path / "faqs.csv")["status"] == "queued"
    hands.run_all()

    assert faqs.get(faq)["answer"] == "At ten."
    assert [item["question"] for item in faqs.every(search="here")] == ["Where?"]
    faqs.delete(faq)
    assert faqs.delete_all()["deleted"] == 1
    assert list(faqs.every()) == []
