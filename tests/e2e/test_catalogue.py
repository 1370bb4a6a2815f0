"""A catalogue over HTTP, with the indexer and its embedded index, while processes are killed."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.e2e.client import Client
from warren.stack.stack import Stack
from warren.testing.deadline import eventually

pytestmark = [pytest.mark.rabbitmq, pytest.mark.postgres]

SERVICES = "/api/v1/catalogue/services"
ACCESSORIES = "/api/v1/catalogue/accessories"
WAIT = {"Prefer": "wait=30"}


def _found(client: Client, path: str, **question: Any) -> set[str]:
    answer = client.get_until_answered(str(httpx.URL(f"{path}/search", params=question)))
    assert answer.status_code == 200, answer.text
    return {hit["id"] for hit in answer.json()["hits"]}


def _written(client: Client, path: str, item: dict[str, Any]) -> None:
    """Accepted, by a client that tries again under one key."""
    key = {"Idempotency-Key": str(uuid4())}

    def accepted() -> bool:
        try:
            answer = client.http.put(path, json=item, headers=key)
        except httpx.TransportError:
            return False
        # (409: an earlier try of the same request is still being answered.)
        assert answer.status_code in {202, 409, 503}, answer.text
        return answer.status_code == 202

    eventually(accepted, within=60)


def test_what_is_written_is_found_until_it_is_deleted(client: Client) -> None:
    path = f"{SERVICES}/repair-1"
    item = {"name": "Repairs of bicycles", "price": 30, "currency": "EUR"}

    written = client.http.put(path, json=item, headers=WAIT, timeout=40)
    found = _found(client, SERVICES, q="bicycle repair")
    cheaper = _found(client, SERVICES, q="bicycle repair", price_to=10)
    view = client.http.get(path).json()
    deleted = client.http.delete(path, headers=WAIT, timeout=40)

    assert (written.status_code, written.json()["status"]) == (200, "succeeded")
    assert (found, cheaper) == ({"repair-1"}, set())
    assert (view["sync"], view["indexed_version"]) == ("indexed", written.json()["version"])
    assert (deleted.status_code, deleted.json()["status"]) == (200, "succeeded")
    assert _found(client, SERVICES, q="bicycle repair") == set()


@pytest.mark.slow
def test_the_index_is_as_the_last_accepted_writes_say_whatever_was_killed(
    stack: Stack, client: Client
) -> None:
    # Given a bulk, and changes of it while gateway, recorder, relay and indexer are killed
    items = [{"id": f"a{n}", "name": f"Cable number {n}", "price": 1} for n in range(300)]
    bulk = client.http.post(f"{ACCESSORIES}/bulk", json={"items": items}, timeout=60)
    assert bulk.status_code == 202, bulk.text
    killed = {10: "gateway", 30: "recorder", 50: "relay", 70: "indexer"}
    for number in range(90):
        if number in killed:
            stack.kill(killed[number])
        changed = {"name": f"Changed cable {number}", "price": 2}
        _written(client, f"{ACCESSORIES}/a{number}", changed)

    # When all is well again, then every item is indexed in its last version
    def unsynced() -> list[Any]:
        states = [
            client.get_until_answered(f"{ACCESSORIES}?sync={sync}").json()["items"]
            for sync in ("pending", "failed")
        ]
        return [item for items in states for item in items]

    eventually(lambda: not unsynced(), within=150, seen=unsynced)
    view = client.http.get(f"{ACCESSORIES}/a7").json()
    assert (view["item"]["price"], view["sync"]) == (2, "indexed")
    assert len(_found(client, ACCESSORIES, q="changed cable", limit=100)) == 90
    everything = client.http.get(f"{ACCESSORIES}/search", params={"limit": 1}).json()
    assert everything["total"] == 300
    # And everything can be deleted at once
    cleared = client.http.delete(ACCESSORIES, params={"confirm": "true"}, headers=WAIT, timeout=40)
    assert cleared.status_code in {200, 202}
    assert _found(client, ACCESSORIES, q="cable") == set()


def test_a_secret_of_a_caller_is_in_no_file_of_the_stack(stack: Stack, client: Client) -> None:
    # Given a key that travels with a write through the database and the broker to the indexer
    planted = f"planted-{uuid4().hex}"
    answer = client.http.put(
        f"{SERVICES}/secretive",
        params={"with_embedding": "false"},
        json={"name": "Secretive"},
        headers={"X-Embedding-Api-Key": planted, **WAIT},
        timeout=40,
    )
    assert answer.status_code == 200, answer.text

    # Then neither tables and their log, nor messages, files and logs of processes have it
    def reads(path: Path) -> bytes:
        try:
            return path.read_bytes()
        except OSError:
            # A file of a server that is alive comes and goes.
            return b""

    files = [path for path in stack.folder.path.rglob("*") if path.is_file()]
    assert len(files) > 100
    assert [str(path) for path in files if planted.encode() in reads(path)] == []
