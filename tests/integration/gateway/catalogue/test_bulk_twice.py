"""A bulk that two gateways work on at once, as the connection that held its key has died."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import psycopg
import pytest

from gateway.config import GatewaySettings
from warren.testing.deadline import eventually

pytestmark = pytest.mark.postgres

PRODUCTS = "/api/v1/catalogue/products"
BULK = f"{PRODUCTS}/bulk"
_KEYS_DIE = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE application_name = 'warren-gateway-keys' AND datname = current_database()"
)


def _waiting(database: Any) -> int:
    ((count,),) = database.ask(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    return int(count)


def test_a_bulk_is_written_once_though_nobody_holds_its_key(
    shop: httpx.Client,
    database: Any,
    indexer: Any,
    settings: GatewaySettings,
    serve: Callable[[GatewaySettings], str],
    connect: Callable[[str, str], httpx.Client],
) -> None:
    shop.put(f"{PRODUCTS}/p1", json={"name": "Before"})
    authorization = shop.headers["authorization"].removeprefix("Bearer ")
    other = connect(serve(settings), authorization)
    body = {"items": [{"id": "p1", "name": "After"}, {"id": "p2", "name": "New"}]}

    def send(client: httpx.Client) -> httpx.Response:
        return client.post(BULK, json=body, headers={"Idempotency-Key": "k"})

    with psycopg.connect(database.url) as holder, ThreadPoolExecutor(2) as threads:
        # Given a request that is in the middle of its writing when its key's connection dies
        holder.execute("SELECT FROM catalogue_items WHERE id = 'p1' FOR UPDATE")
        first = threads.submit(send, shop)
        eventually(lambda: _waiting(database) == 1)
        database.ask(_KEYS_DIE)

        # When it is sent again to another gateway
        second = threads.submit(send, other)
        eventually(lambda: _waiting(database) == 2)
        holder.rollback()
        said = second.result().json()
        first.result()

    # Then what is desired is what its one task writes
    ((task, version),) = database.ask(
        "SELECT task_id::text, version FROM catalogue_items WHERE id = 'p1'"
    )
    assert said["task_id"] == task
    assert version == indexer.payload(task)["first_version"]
    indexer.succeed(task)
    assert {item["sync"] for item in shop.get(PRODUCTS).json()["items"]} == {"indexed"}
