"""A caller's own embedding provider: its key travels sealed, and is opened only to be used."""

import base64
import logging
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import structlog

from indexer.actors import EmbedDocumentsWorker
from indexer.config import EmbeddingSettings
from indexer.opening import process_index
from indexer.ports import DocumentWrite
from tests.integration.search.behaviour import PRODUCT, item
from tests.integration.search.openai_server import openai_server
from warren.contracts.catalogue import api_key_context
from warren.contracts.catalogue_vectors import EmbeddingResult, EmbedDocuments
from warren.sealing import CannotOpen, Sealer
from warren.testing.worker import FakeContext

KEY = "sk-a-secret-of-a-caller"
SEALING_KEY = bytes(range(32))
CUSTOMER = uuid4()


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    with openai_server() as url:
        yield url


@pytest.fixture(autouse=True)
def surroundings(provider: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("INDEXER_FOLDER", str(tmp_path))
    monkeypatch.setenv("INDEXER_EMBEDDING_URL", provider)
    monkeypatch.setenv("WARREN_SEALING_KEYS", base64.urlsafe_b64encode(SEALING_KEY).decode())
    process_index.cache_clear()
    process_index().index.write(PRODUCT, [DocumentWrite(CUSTOMER, "a", 1, item("a", "Red cup"))])
    yield
    process_index.cache_clear()


def embed(sealed: str, customer: UUID = CUSTOMER) -> EmbeddingResult:
    job = EmbedDocuments.model_validate(
        {
            "customer_id": customer,
            "entity_kind": "product",
            "entities": [{"id": "a", "entity_version": 1}],
            "api_key": sealed,
        }
    )
    return EmbedDocumentsWorker().perform(job, FakeContext())


def test_items_get_vectors_of_the_callers_provider(caplog: pytest.LogCaptureFixture) -> None:
    sealed = Sealer([SEALING_KEY]).seal(KEY, api_key_context(CUSTOMER))

    with caplog.at_level(logging.DEBUG), structlog.testing.capture_logs() as said:
        result = embed(sealed)

    settings = EmbeddingSettings()
    assert (result.made, result.model) == (1, f"{settings.url}#{settings.model}")
    held = process_index().index.read(PRODUCT, CUSTOMER, ["a"])["a"]
    assert held.has_vector
    assert KEY not in caplog.text + repr(said) + result.model_dump_json()


def test_a_key_that_was_sealed_for_another_customer_opens_nothing() -> None:
    sealed = Sealer([SEALING_KEY]).seal(KEY, api_key_context(uuid4()))

    with pytest.raises(CannotOpen) as refused:
        embed(sealed)

    assert KEY not in str(refused.value)
    assert not process_index().index.read(PRODUCT, CUSTOMER, ["a"])["a"].has_vector
