"""Vectors of documents, on the embedded index and with the real model."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from indexer import actors
from indexer.opening import Opened, process_index
from indexer.ports import CatalogueIndex, Outcome, StoredDocument, WriteOutcome
from tests.unit.indexer.jobs import (
    held,
    perform,
    upsert,
)
from warren.contracts.catalogue import (
    Action,
)
from warren.contracts.catalogue_item import EntityKind
from warren.contracts.catalogue_vectors import EmbeddingResult, EmbedDocuments
from warren.testing.worker import FakeContext


def embed(customer: UUID, versions: dict[str, int], context: FakeContext) -> EmbeddingResult:
    entities = [{"id": name, "entity_version": version} for name, version in versions.items()]
    job = EmbedDocuments.model_validate(
        {"customer_id": customer, "entity_kind": "product", "entities": entities}
    )
    return actors.EmbedDocumentsWorker().perform(job, context)


def test_vectors_are_made_once_for_a_text_and_only_for_what_is_still_there(
    index: CatalogueIndex,
) -> None:
    customer = uuid4()
    upsert(customer, "a", 1, item={"id": "a", "name": "Red cup", "price": 1})
    upsert(customer, "same", 2, item={"id": "same", "name": "Red cup", "price": 2})
    upsert(customer, "moved", 5)
    perform(Action.DELETE, customer_id=customer, id="gone", entity_version=6)
    versions = {"a": 1, "same": 2, "moved": 4, "gone": 6, "never": 7}

    first = embed(customer, versions, FakeContext())
    again = embed(customer, versions, FakeContext())

    assert (first.made, first.known, first.skipped) == (1, 1, 3)
    assert (again.made, again.skipped) == (0, 5)
    vectors = {name: document.has_vector for name, document in held(index, customer).items()}
    assert vectors == {"a": True, "same": True, "moved": False, "gone": False}

    # And a change that leaves the text as it is needs no model
    upsert(customer, "a", 8, item={"id": "a", "name": "Red cup", "price": 9})
    changed = embed(customer, {"a": 8}, FakeContext())
    assert (changed.made, changed.known) == (0, 1)


class Choosy:
    """An index that refuses the vector of one item."""

    def __init__(self, index: CatalogueIndex, refused: str) -> None:
        self._index = index
        self._refused = refused

    def read(self, *asked: Any) -> dict[str, StoredDocument]:
        return self._index.read(*asked)

    def write(self, kind: EntityKind, writes: Any) -> list[WriteOutcome]:
        outcomes = self._index.write(kind, [w for w in writes if w.id != self._refused])
        rest = iter(outcomes)
        no = WriteOutcome(Outcome.REFUSED, 0, "a vector of zeros", "vector")
        return [no if write.id == self._refused else next(rest) for write in writes]


def test_a_vector_that_the_index_refuses_is_told_of_and_the_others_are_there(
    index: CatalogueIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = uuid4()
    upsert(customer, "fine", 1)
    upsert(customer, "bad", 2)
    choosy: Any = Choosy(index, "bad")
    opened = Opened(choosy, process_index().vectors)
    monkeypatch.setattr(actors, "process_index", lambda: opened)

    result = embed(customer, {"fine": 1, "bad": 2}, FakeContext())

    (refused,) = result.refused
    assert (refused.id, refused.entity_version) == ("bad", 2)
    assert (refused.field, refused.reason) == ("vector", "a vector of zeros")
    assert held(index, customer)["fine"].has_vector
