"""The jobs, called directly: on the embedded index and with the real model."""

from typing import Any
from uuid import uuid4

import pytest

from indexer.config import IndexSettings
from indexer.errors import DocumentRefused
from indexer.ports import CatalogueIndex, Scope
from tests.unit.indexer.jobs import (
    HASH,
    PRODUCT,
    SERVICE,
    held,
    perform,
    upsert,
)
from warren.contracts.catalogue import (
    CATALOGUE_JOBS,
    Action,
    catalogue_job,
)
from warren.contracts.catalogue_item import EntityKind
from warren.contracts.catalogue_tombstones import ForgetTombstones
from warren.contracts.catalogue_vectors import EmbedDocuments
from warren.contracts.kinds import Audience
from warren.contracts.lanes import Lane
from warren.testing.worker import FakeContext

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


# --- time limits ---------------------------------------------------------------------------------


@pytest.mark.parametrize("action", [Action.UPSERT, Action.DELETE])
def test_an_index_that_hangs_is_noticed_before_the_job_is_over_its_limit(action: Action) -> None:
    worker = SERVICE.workers[catalogue_job(action, PRODUCT).kind, 1]
    settings = IndexSettings()

    # (another job's write, which ours waits for, and ours)
    patience = 2 * max(settings.elasticsearch_timeout, settings.folder_timeout)
    assert patience + 30 < worker.time_limit
