"""What the housekeeper counts and forgets of catalogues, and how it asks the index."""

from typing import Any

import httpx
import psycopg
import pytest

from gateway.catalogue.cleaning import CleanedRows, clean_catalogue_rows
from gateway.catalogue.statistics import catalogue_numbers
from gateway.housekeeping.statistics.system import measure_system
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
    assert foreseen == at_last == CleanedRows(1, 0)
    assert _ids(database) == ["kept", "slow"]


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
