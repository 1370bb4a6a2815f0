"""What the housekeeper counts and forgets of catalogues, and how it asks the index."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest

from gateway.catalogue.cleaning import CleanedRows, clean_catalogue_rows
from gateway.catalogue.statistics import catalogue_numbers
from gateway.housekeeping.cleaning.catalogue import CleanCatalogue, CleanCatalogueWorker
from gateway.housekeeping.statistics.system import measure_system
from warren.contracts.catalogue_item import EntityKind
from warren.contracts.catalogue_tombstones import ForgetTombstones
from warren.contracts.ids import lowest_id
from warren.testing.worker import FakeContext

pytestmark = pytest.mark.postgres

PRODUCTS = "/api/v1/catalogue/products"
ITEM = {"name": "Thing"}


def _clean(database: Any, *, days: int = 7, dry_run: bool = False) -> CleanedRows:
    check = FakeContext().check_cancelled
    with psycopg.connect(database.url, autocommit=True) as connection:
        return clean_catalogue_rows(connection, days, check, dry_run=dry_run)


def _ids(database: Any) -> list[str]:
    return [row[0] for row in database.ask("SELECT id FROM catalogue_items ORDER BY id")]


def _aged(database: Any) -> None:
    database.ask("UPDATE catalogue_items SET changed_at = now() - interval '8 days'")


def test_items_are_counted_by_kind_and_sync(
    shop: httpx.Client, indexer: Any, database: Any
) -> None:
    tasks = [shop.put(f"{PRODUCTS}/{n}", json=ITEM).json()["task_id"] for n in "abc"]
    shop.put("/api/v1/catalogue/services/s", json=ITEM)
    indexer.succeed(tasks[0])
    indexer.fail(tasks[1])
    database.ask("UPDATE catalogue_items SET changed_at = now() - interval '100 s' WHERE id = 'c'")

    with psycopg.connect(database.url, autocommit=True) as connection:
        numbers = catalogue_numbers(connection)
        report = measure_system(connection, 30)

    products = numbers["product"]
    assert (products.items, products.pending, products.failed) == (3, 1, 1)
    assert 100 <= products.oldest_unsynced_seconds < 200
    assert numbers["service"].pending == 1
    assert {kind: n.items for kind, n in report.catalogue.items()} == {"product": 3, "service": 1}


def test_a_tombstone_is_forgotten_when_the_index_has_it_and_no_older_task_lives(
    shop: httpx.Client, indexer: Any, database: Any
) -> None:
    for name in ("gone", "kept"):
        indexer.succeed(shop.put(f"{PRODUCTS}/{name}", json=ITEM).json()["task_id"])
    living = shop.put("/api/v1/catalogue/services/slow", json=ITEM).json()["task_id"]
    deletion = shop.delete(f"{PRODUCTS}/gone").json()["task_id"]
    _aged(database)
    unsynced = _clean(database)
    indexer.succeed(deletion)
    while_an_older_task_lives = _clean(database)
    indexer.succeed(living)
    young = _clean(database, days=30)
    foreseen = _clean(database, dry_run=True)
    at_last = _clean(database)

    nothing = CleanedRows(0, 0)
    assert unsynced == while_an_older_task_lives == young == nothing
    assert foreseen == CleanedRows(1, 0)
    assert (at_last.tombstones, at_last.below_floors) == (1, 0)
    assert _ids(database) == ["kept", "slow"]


@pytest.fixture
def gone(shop: httpx.Client, indexer: Any, database: Any) -> int:
    """The version of a deletion of two days ago, whose tasks have long been cleaned up."""
    written = shop.put(f"{PRODUCTS}/gone", json=ITEM).json()
    deleted = shop.delete(f"{PRODUCTS}/gone").json()
    indexer.succeed(written["task_id"])
    indexer.succeed(deleted["task_id"])
    database.ask("UPDATE catalogue_items SET changed_at = now() - interval '2 days'")
    return int(deleted["version"])


@pytest.fixture
def failed(shop: httpx.Client, indexer: Any) -> str:
    """A task that has failed."""
    task = str(shop.put(f"{PRODUCTS}/failed", json=ITEM).json()["task_id"])
    indexer.fail(task)
    return task


_EARLIER = lowest_id(datetime.now(UTC) - timedelta(days=3))


def test_the_index_may_forget_what_no_task_can_run_into(gone: int, database: Any) -> None:
    ((customer,),) = database.ask("SELECT id FROM customers")

    cleaned = _clean(database, days=1)

    assert cleaned.forgettable == {(customer, EntityKind.PRODUCT): gone}


def test_the_index_keeps_a_tombstone_that_a_replay_could_run_into(
    gone: int, failed: str, database: Any
) -> None:
    database.ask("DELETE FROM tasks WHERE id = %s", failed)
    database.ask("UPDATE dead_letters SET task_id = %s", _EARLIER)

    assert _clean(database, days=1) == CleanedRows(1, 0)


def test_the_index_keeps_a_tombstone_that_a_retry_could_run_into(
    gone: int, failed: str, database: Any
) -> None:
    database.ask("DELETE FROM dead_letters")
    database.ask("UPDATE tasks SET id = %s WHERE id = %s", _EARLIER, failed)

    assert _clean(database, days=1) == CleanedRows(1, 0)


def test_the_clean_up_asks_the_index_to_forget(
    gone: int, database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WARREN_DATABASE_URL", database.url)
    foreseen, context = FakeContext(), FakeContext()

    CleanCatalogueWorker().perform(CleanCatalogue(days_old=1, dry_run=True), foreseen)
    report = CleanCatalogueWorker().perform(CleanCatalogue(days_old=1), context)

    assert (report.tombstones, foreseen.children) == (1, [])
    (asked,) = context.children
    assert (asked.kind, asked.payload["up_to"]) == (ForgetTombstones.kind, gone)


def test_what_lies_below_a_floor_is_forgotten_and_the_rest_stays(
    shop: httpx.Client, database: Any
) -> None:
    for name in ("a", "b"):
        shop.put(f"{PRODUCTS}/{name}", json=ITEM)
    shop.put("/api/v1/catalogue/services/s", json=ITEM)
    shop.delete(PRODUCTS, params={"confirm": "true"})
    shop.put(f"{PRODUCTS}/c", json=ITEM)

    assert _clean(database) == CleanedRows(0, 2)
    assert _ids(database) == ["c", "s"]


def test_the_numbers_of_the_gateway_tell_of_writes(shop: httpx.Client) -> None:
    shop.post(f"{PRODUCTS}/bulk", json={"items": [{"id": "a", **ITEM}, {"id": "b"}]})

    numbers = shop.get("/metrics").text

    assert 'warren_catalogue_writes_total{entity_kind="product",outcome="refused"}' in numbers
    assert "warren_waiting_requests 0.0" in numbers
