"""warren.client.catalogue against a gateway that serves."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import httpx
import pytest

from warren.client import catalogue
from warren.client.errors import RefusedByGateway
from warren.client.gateway_client import GatewayClient, standing_in
from warren.contracts.catalogue import CATALOGUE_JOBS

pytestmark = pytest.mark.postgres

LAMP = {"id": "lamp", "name": "Lamp", "price": 3}


@pytest.fixture
def customer(shop: httpx.Client, database: Any) -> Iterator[UUID]:
    """Whose key the client of this process has."""
    key = shop.headers["authorization"].removeprefix("Bearer ")
    client = GatewayClient(str(shop.base_url), key)
    with standing_in(client):
        ((customer,),) = database.ask("SELECT id FROM customers")
        yield customer
    client.close()


def test_there_is_a_call_for_each_of_the_fifteen_jobs() -> None:
    names = [kind.removeprefix("catalogue.") for kind in CATALOGUE_JOBS]

    assert all(callable(getattr(catalogue, name)) for name in names)


def test_a_write_is_queued_and_the_second_one_of_the_same_unchanged(
    customer: UUID, indexer: Any
) -> None:
    queued = catalogue.upsert_product(customer, product_data=LAMP, api_key="sk-mine")
    indexer.succeed(queued["task_id"])

    assert queued["status"] == "queued"
    assert indexer.payload(queued["task_id"])["api_key"].startswith("sealed.v1.")
    assert catalogue.upsert_product(str(customer), LAMP) == {"status": "unchanged"}


def test_a_synchronous_write_returns_the_real_outcome(
    customer: UUID, indexer: Any, database: Any
) -> None:
    outcomes = {}
    for ending in ("succeed", "fail"):
        with ThreadPoolExecutor(1) as threads:
            before = database.count("tasks")
            item = {**LAMP, "name": ending}
            call = threads.submit(catalogue.upsert_service, customer, item, async_mode=False)
            while database.count("tasks") == before:
                continue
            ((task,),) = database.ask("SELECT id::text FROM tasks ORDER BY id DESC LIMIT 1")
            getattr(indexer, ending)(task)
            outcomes[ending] = call.result()

    assert outcomes["succeed"]["status"] == "succeeded"
    assert outcomes["succeed"]["result"]["applied"] == 1
    assert (outcomes["fail"]["status"], outcomes["fail"]["error"]["message"]) == ("failed", "no")


def test_bulks_tell_what_was_refused(customer: UUID) -> None:
    said = catalogue.bulk_upsert_accessory(customer, [LAMP, {"id": "nameless"}])
    deleted = catalogue.bulk_delete_accessory(customer, ["lamp", "unknown"])
    one = catalogue.upsert_accessory(customer, {"id": "a b/c", "name": "x"} | {"id": "other"})
    cleared = catalogue.delete_all_accessory(customer)

    assert (said["status"], said["accepted"], said["refused"]) == ("queued", 1, 1)
    assert said["errors"][0]["field"] == "name"
    assert (deleted["accepted"], deleted["unchanged"]) == (1, 1)
    assert one["status"] == cleared["status"] == "queued"


def test_what_is_refused_names_its_field(customer: UUID) -> None:
    with pytest.raises(RefusedByGateway) as wrong:
        catalogue.upsert_product(customer, {"id": "lamp", "name": "Lamp", "price": -1})
    with pytest.raises(RefusedByGateway) as missing:
        catalogue.delete_product(customer, "lamp")

    assert wrong.value.field == "price"
    assert missing.value.status == 404
