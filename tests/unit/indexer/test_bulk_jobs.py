"""Bulks, on the embedded index."""

from typing import Any
from uuid import uuid4

import orjson
import pytest

from indexer import actors
from indexer.errors import BulkNotReadable, IndexUnavailable
from indexer.opening import Opened, process_index
from indexer.ports import CatalogueIndex, Outcome, Scope, WriteOutcome
from tests.unit.indexer.jobs import (
    PRODUCT,
    bulk,
    bulk_upsert,
    held,
    numbered,
    perform,
)
from warren.contracts.catalogue import (
    Action,
)
from warren.contracts.catalogue_item import EntityKind
from warren.testing.worker import FakeContext


def test_a_bulk_is_written_with_progress_and_asks_for_vectors_in_handy_parts(
    index: CatalogueIndex,
) -> None:
    customer, context = uuid4(), FakeContext()

    result = bulk_upsert(customer, context, *numbered(2_500), first=11)

    assert (result.applied, result.failed, result.max_version) == (2_500, 0, 2_510)
    assert index.count(PRODUCT, Scope(customer)) == 2_500
    assert context.percents[-1] == 100
    assert len(context.percents) >= 3
    assert sum(len(asked.payload["entities"]) for asked in context.children) == 2_500
    assert len({asked.key for asked in context.children}) == len(context.children) == 25


def test_bad_lines_fail_alone_and_by_name(index: CatalogueIndex) -> None:
    customer, context = uuid4(), FakeContext()
    lines = [
        {"id": "good", "name": "Cup"},
        {"id": "typed", "name": 7},
        b'{"cut',
        {"id": "other", "name": "Cup", "customer_id": str(uuid4())},
        {"id": "last", "name": "Cup"},
    ]

    result = bulk_upsert(customer, context, *lines)

    assert (result.applied, result.failed, result.failed_lines) == (2, 3, [1, 2, 3])
    assert [(failure.id, failure.field) for failure in result.failures] == [
        ("typed", "name"),
        ("", None),
        ("other", "customer_id"),
    ]
    assert set(held(index, customer)) == {"good", "last"}


def test_a_bulk_of_old_news_says_what_is_there(index: CatalogueIndex) -> None:
    customer = uuid4()
    bulk_upsert(customer, FakeContext(), *numbered(3), first=10)

    result = bulk_upsert(customer, FakeContext(), *numbered(3), first=1)

    assert (result.applied, result.superseded, result.superseded_by) == (0, 3, 12)


@pytest.mark.parametrize("said", [1, 3], ids=["more lines", "fewer lines"])
def test_a_file_with_another_number_of_lines_is_refused(index: CatalogueIndex, said: int) -> None:
    context = FakeContext()
    documents, _ = bulk(context, *numbered(2))

    with pytest.raises(BulkNotReadable) as refused:
        perform(
            Action.BULK_UPSERT,
            context,
            customer_id=uuid4(),
            documents=documents,
            count=said,
            first_version=1,
        )
    assert refused.value.field == "documents"


def test_a_bulk_deletion_leaves_tombstones(index: CatalogueIndex) -> None:
    customer, context = uuid4(), FakeContext()
    bulk_upsert(customer, FakeContext(), *numbered(3))
    rows = [orjson.dumps({"id": f"item-{n}", "entity_version": 4 + n}) for n in range(2)]

    result = perform(
        Action.BULK_DELETE,
        context,
        customer_id=customer,
        documents=context.given("gone.ndjson", b"\n".join(rows)),
        count=2,
        first_version=4,
    )

    assert (result.applied, result.max_version) == (2, 5)
    assert index.count(PRODUCT, Scope(customer)) == 1
    assert context.children == []


class Tired:
    """An index that has no time after some documents, until it is refreshed."""

    def __init__(self, index: CatalogueIndex, patience: int) -> None:
        self._index = index
        self.patience = patience
        self.written = 0

    def write(self, kind: EntityKind, writes: Any) -> list[WriteOutcome]:
        if self.written + len(writes) > self.patience:
            return [WriteOutcome(Outcome.POSTPONED, 0, "too busy")] * len(writes)
        self.written += len(writes)
        return self._index.write(kind, writes)

    def name(self, kind: EntityKind) -> str:
        return self._index.name(kind)


def test_a_bulk_that_was_interrupted_goes_on_where_it_ended(
    index: CatalogueIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given an index that has no time after 2,000 of 3,000 documents
    customer, context = uuid4(), FakeContext()
    tired = Tired(index, patience=2_000)
    opened: Any = Opened(tired, process_index().vectors)  # type: ignore[arg-type]
    monkeypatch.setattr(actors, "process_index", lambda: opened)
    with pytest.raises(IndexUnavailable, match="too busy"):
        bulk_upsert(customer, context, *numbered(3_000))

    # When the job runs again
    tired.patience = 10_000
    again = FakeContext(attempt=2, task_id=context.task_id, store=context.store)
    result = bulk_upsert(customer, again, *numbered(3_000))

    # Then it has written each document once, and its result tells of all of them
    assert tired.written == 3_000
    assert (result.applied, result.superseded, result.failed) == (3_000, 0, 0)
    keys = {asked.key for asked in context.children} | {asked.key for asked in again.children}
    assert len(keys) == 30


def test_documents_are_counted_by_what_came_of_them(index: CatalogueIndex) -> None:
    def counted(outcome: str) -> float:
        labels = {"entity_kind": "product", "outcome": outcome}
        return actors.numbers().get_sample_value("warren_indexed_documents_total", labels) or 0

    before = {outcome: counted(outcome) for outcome in ("applied", "failed")}
    bulk_upsert(uuid4(), FakeContext(), {"id": "a", "name": "Cup"}, {"id": "b", "name": 7})

    assert counted("applied") - before["applied"] == 1
    assert counted("failed") - before["failed"] == 1
