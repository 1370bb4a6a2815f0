"""The seventeen jobs, called directly: on the embedded index and with the real model."""

from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest

from indexer import actors
from indexer.config import IndexSettings
from indexer.errors import BulkNotReadable, DocumentRefused, IndexUnavailable
from indexer.opening import Opened, process_index
from indexer.ports import CatalogueIndex, Outcome, Scope, StoredDocument, WriteOutcome
from warren.contracts.artifact import ArtifactRef
from warren.contracts.catalogue import (
    CATALOGUE_JOBS,
    Action,
    CatalogueResult,
    catalogue_job,
)
from warren.contracts.catalogue_item import EntityKind
from warren.contracts.catalogue_tombstones import ForgetTombstones
from warren.contracts.catalogue_vectors import EmbeddingResult, EmbedDocuments
from warren.contracts.kinds import Audience
from warren.contracts.lanes import Lane
from warren.testing.worker import FakeContext
from warren.worker.catalogue import load_service

PRODUCT = EntityKind.PRODUCT
HASH = "0" * 64
SERVICE = load_service("indexer")


def perform(
    action: Action, context: FakeContext | None = None, kind: EntityKind = PRODUCT, **payload: Any
) -> CatalogueResult:
    job = catalogue_job(action, kind)
    worker = SERVICE.workers[job.kind, 1]
    result = worker().perform(job(**payload), context or FakeContext())
    assert isinstance(result, CatalogueResult)
    return result


def upsert(
    customer: UUID, item_id: str, version: int, context: FakeContext | None = None, **more: Any
) -> CatalogueResult:
    item = more.pop("item", {"id": item_id, "name": f"Cup {version}"})
    return perform(
        Action.UPSERT,
        context,
        customer_id=customer,
        id=item_id,
        entity_version=version,
        content_hash=HASH,
        item=item,
        **more,
    )


def bulk(context: FakeContext, *lines: Any, first: int = 1) -> tuple[ArtifactRef, int]:
    """An NDJSON file of these items (or raw lines)."""
    rows = [
        line
        if isinstance(line, bytes)
        else orjson.dumps(
            {
                "id": line["id"],
                "entity_version": first + number,
                "content_hash": HASH,
                "item": line,
            }
        )
        for number, line in enumerate(lines)
    ]
    return context.given("bulk.ndjson", b"\n".join(rows)), len(rows)


def bulk_upsert(
    customer: UUID, context: FakeContext, *lines: Any, first: int = 1, **more: Any
) -> CatalogueResult:
    documents, count = bulk(context, *lines, first=first)
    return perform(
        Action.BULK_UPSERT,
        context,
        customer_id=customer,
        documents=documents,
        count=count,
        first_version=first,
        **more,
    )


def held(index: CatalogueIndex, customer: UUID) -> dict[str, StoredDocument]:
    return {document.id: document for document in index.scan(PRODUCT, customer)}


def numbered(count: int) -> list[dict[str, Any]]:
    return [{"id": f"item-{number}", "name": f"Cup {number}"} for number in range(count)]


# --- what is declared ----------------------------------------------------------------------------


def test_there_is_a_worker_for_each_of_the_fifteen_and_for_what_they_need() -> None:
    more = {EmbedDocuments.kind, ForgetTombstones.kind}
    assert {kind for kind, _ in SERVICE.workers} == {*CATALOGUE_JOBS, *more}


def test_only_the_gateway_and_jobs_ask_for_them_and_bulks_leave_others_the_way() -> None:
    for definition in SERVICE.definitions():
        assert definition.audience is Audience.INTERNAL, definition.kind
        assert definition.max_retries == 5
        single = definition.kind.split("_")[0] in {"catalogue.upsert", "catalogue.delete"} and (
            "_all_" not in definition.kind
        )
        assert definition.lane is (Lane.DEFAULT if single else Lane.LOW), definition.kind


# --- single writes -------------------------------------------------------------------------------


def test_an_upsert_is_indexed_told_and_followed_by_a_vector(index: CatalogueIndex) -> None:
    customer, context = uuid4(), FakeContext()

    result = upsert(customer, "a", 4, context)

    assert (result.applied, result.max_version, result.superseded_by) == (1, 4, None)
    assert result.index == "product-v1"
    assert held(index, customer)["a"].version == 4
    (event,) = context.events
    assert event.type == "catalogue.indexed.v1"
    assert (event.data["count"], event.data["max_version"]) == (1, 4)
    (asked,) = context.children
    assert asked.kind == EmbedDocuments.kind
    assert asked.payload["entities"] == [{"id": "a", "entity_version": 4}]


def test_an_upsert_without_embedding_asks_for_no_vector(index: CatalogueIndex) -> None:
    context = FakeContext()
    upsert(uuid4(), "a", 1, context, with_embedding=False)
    assert context.children == []


def test_an_upsert_that_comes_too_late_says_what_is_there(index: CatalogueIndex) -> None:
    customer, context = uuid4(), FakeContext()
    upsert(customer, "a", 9)

    result = upsert(customer, "a", 4, context)

    assert (result.applied, result.superseded, result.superseded_by) == (0, 1, 9)
    assert context.children == []


def test_a_run_that_is_repeated_changes_nothing(index: CatalogueIndex) -> None:
    customer = uuid4()
    first = upsert(customer, "a", 1)

    assert upsert(customer, "a", 1) == first


def test_a_deletion_leaves_a_tombstone(index: CatalogueIndex) -> None:
    customer = uuid4()
    upsert(customer, "a", 1)

    result = perform(Action.DELETE, customer_id=customer, id="a", entity_version=2)

    assert result.applied == 1
    assert held(index, customer)["a"].item is None
    assert upsert(customer, "a", 1).superseded_by == 2


def test_a_document_that_the_index_refuses_fails_for_good_with_its_reason(
    index: CatalogueIndex,
) -> None:
    with pytest.raises(DocumentRefused) as refused:
        upsert(uuid4(), "a", 1, item={"id": "a", "name": "\ud800"})
    assert "'a'" in str(refused.value)


def test_kinds_are_apart(index: CatalogueIndex) -> None:
    customer = uuid4()
    item = {"id": "a", "name": "A"}
    job: dict[str, Any] = {"id": "a", "entity_version": 1, "content_hash": HASH, "item": item}

    perform(Action.UPSERT, kind=EntityKind.SERVICE, customer_id=customer, **job)

    assert held(index, customer) == {}
    assert index.count(EntityKind.SERVICE, Scope(customer)) == 1


# --- bulks ---------------------------------------------------------------------------------------


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


# --- delete_all ----------------------------------------------------------------------------------


def test_cleaning_up_takes_what_the_floor_hides(index: CatalogueIndex) -> None:
    customer = uuid4()
    upsert(customer, "a", 1)
    upsert(customer, "b", 3)

    result = perform(Action.DELETE_ALL, customer_id=customer, floor=2)

    assert (result.applied, result.max_version) == (1, 2)
    assert set(held(index, customer)) == {"b"}


def test_tombstones_are_forgotten_when_the_housekeeper_asks(index: CatalogueIndex) -> None:
    customer, worker = uuid4(), SERVICE.workers[ForgetTombstones.kind, 1]
    upsert(customer, "kept", 1)
    for name, version in (("old", 2), ("young", 9)):
        perform(Action.DELETE, customer_id=customer, id=name, entity_version=version)
    job = ForgetTombstones(customer_id=customer, entity_kind=PRODUCT, up_to=5)

    result: Any = worker().perform(job, FakeContext())

    assert result.forgotten == 1
    assert set(held(index, customer)) == {"kept", "young"}


# --- vectors -------------------------------------------------------------------------------------


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


@pytest.mark.parametrize("action", [Action.UPSERT, Action.DELETE])
def test_an_index_that_hangs_is_noticed_before_the_job_is_over_its_limit(action: Action) -> None:
    worker = SERVICE.workers[catalogue_job(action, PRODUCT).kind, 1]
    settings = IndexSettings()

    # (another job's write, which ours waits for, and ours)
    patience = 2 * max(settings.elasticsearch_timeout, settings.folder_timeout)
    assert patience + 30 < worker.time_limit
