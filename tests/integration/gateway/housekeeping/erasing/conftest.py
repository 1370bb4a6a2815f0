"""A customer who has something of everything, and the job that erases it."""

import base64
import os
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest

from gateway.customers.keys import Scope
from gateway.housekeeping.erasing import worker
from gateway.housekeeping.erasing.jobs import EraseCustomer, ErasedCustomer
from gateway.housekeeping.erasing.worker import EraseCustomerWorker
from tests.integration.gateway.bulk.waiting import customer_of
from tests.integration.gateway.conftest import SPEECH
from tests.integration.gateway.housekeeping.conftest import House
from warren.contracts.kinds import Audience, KindDefinition
from warren.contracts.services import installed_services
from warren.testing.deadline import eventually
from warren.testing.worker import FakeContext
from warren.worker.catalogue import load_service

_ERASE = KindDefinition(
    kind=EraseCustomer.kind,
    version=1,
    service="api",
    audience=Audience.INTERNAL,
    payload_schema=EraseCustomer.submission_schema(),
)
_TABLES = """
SELECT table_name FROM information_schema.columns JOIN information_schema.tables
    USING (table_schema, table_name)
WHERE column_name = 'customer_id' AND table_schema = 'public' AND table_type = 'BASE TABLE'
    AND table_name NOT LIKE 'audit%'
"""
#: Finds something while an erasure waits for who writes for its customer.
ERASURE_WAITS = """
SELECT FROM pg_stat_activity WHERE application_name = 'warren-housekeeper-job'
    AND wait_event_type = 'Lock' AND datname = current_database()
"""
#: What the customer is called elsewhere, and what belongs to its things.
_OTHERS = {
    "customers": "SELECT count(*) FROM customers WHERE id = %(id)s",
    "webhook_secrets": "SELECT count(*) FROM webhook_secrets",
    "kept_artifacts": "SELECT count(*) FROM kept_artifacts",
    "book_chapters": "SELECT count(*) FROM book_chapters",
    "schedule_fires": "SELECT count(*) FROM schedule_fires",
    "key_usage": "SELECT count(*) FROM key_usage u WHERE NOT EXISTS"
    " (SELECT FROM api_keys k WHERE k.id = u.key_id AND k.customer_id <> %(id)s)",
}


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch, house: House) -> None:
    key = base64.urlsafe_b64encode(os.urandom(32)).decode()
    monkeypatch.setenv("WARREN_SEALING_KEYS", key)
    monkeypatch.setattr(worker, "_KEYS_REMEMBERED", 0)
    monkeypatch.setattr(worker, "_PAUSE", 0)
    house.database.ask("DELETE FROM books")
    house.database.ask("DELETE FROM schedules")
    house.database.ask("DELETE FROM webhook_secrets")
    house.database.ask("DELETE FROM webhook_endpoints")


@pytest.fixture
def customer(
    house: House, gateway_url: str, database: Any, connect: Callable[[str, str], httpx.Client]
) -> httpx.Client:
    database.announce(SPEECH, _ERASE)
    return connect(gateway_url, database.key(scopes=[Scope.TASKS_READ, Scope.TASKS_WRITE]))


@pytest.fixture
def all_kinds(customer: httpx.Client, database: Any) -> None:
    """The gateway knows all kinds."""
    known = [
        kind
        for name in [*installed_services(), "gateway.housekeeping"]
        for kind in load_service(name).definitions()
    ]
    database.announce(*known)
    eventually(lambda: "image.generate" in customer.get("/api/v1/kinds").text)


@pytest.fixture
def admin(
    gateway_url: str, database: Any, connect: Callable[[str, str], httpx.Client]
) -> httpx.Client:
    return connect(gateway_url, database.key())


@pytest.fixture
def customer_id(customer: httpx.Client, database: Any) -> UUID:
    return customer_of(customer, database)


def furnish(client: httpx.Client, house: House, customer_id: UUID, content: bytes) -> str:
    """Something of every sort; returns the id of an ended task."""
    body = {"kind": "tts.synthesize", "payload": {"text": "x"}}
    waiting = client.post("/api/v1/tasks", json=body, headers={"Idempotency-Key": "k"})
    assert waiting.status_code == 202, waiting.text
    client.post("/api/v1/tasks/batch", json={"items": [body, body]}).raise_for_status()
    client.post("/api/v1/webhooks", json={"url": "https://hooks.example.com/a"}).raise_for_status()
    daily = {"name": "daily", "cron": "0 3 * * *", **body}
    client.post("/api/v1/schedules", json=daily).raise_for_status()
    ended = house.task(1, state="failed")
    house.store.put_manifest(ended, "outcome", {"result": {"text": "x"}})
    house.database.ask("UPDATE tasks SET customer_id = %s WHERE id = %s", customer_id, ended)
    for task in (ended, None):
        row, _ = house.artifact(content, 1, task)
        house.database.ask("UPDATE artifacts SET customer_id = %s WHERE id = %s", customer_id, row)
    book = uuid4()
    house.database.ask(
        "INSERT INTO books (id, customer_id, format, file_name, file_id, options, state, task_id)"
        " VALUES (%s, %s, 'text', 'b.txt', %s, '{}', 'processed', %s)",
        book,
        customer_id,
        row,
        ended,
    )
    house.database.ask("INSERT INTO kept_artifacts VALUES (%s, %s)", row, book)
    house.database.ask(
        "INSERT INTO generated_images (id, customer_id, task_id, kind, book_id, keep, provider,"
        " width, height, seconds) SELECT id, customer_id, task_id, 'image.generate', %s, true,"
        " 'procedural', 64, 64, 2 FROM artifacts WHERE task_id = %s",
        book,
        ended,
    )
    return str(ended)


def left(url: str, customer_id: UUID) -> dict[str, int]:
    """Rows that the customer has, by table, but for none."""
    with psycopg.connect(url, autocommit=True) as connection:
        tables = {name for (name,) in connection.execute(_TABLES)}
        queries = {
            name: f'SELECT count(*) FROM "{name}" WHERE customer_id = %(id)s'  # noqa: S608 -- ours
            for name in tables
        } | _OTHERS
        counts = {
            name: connection.execute(query, {"id": customer_id}).fetchall()[0][0]
            for name, query in queries.items()
        }
    return {name: count for name, count in counts.items() if count}


def erase(customer_id: UUID, context: FakeContext | None = None) -> ErasedCustomer:
    wanted = EraseCustomer(customer_id=customer_id)
    return EraseCustomerWorker().perform(wanted, context or FakeContext())
