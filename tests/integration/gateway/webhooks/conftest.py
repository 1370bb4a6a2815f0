"""Webhooks over HTTP, with a test in the place of relay, worker and recorder."""

import base64
import os
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from sync_worker.workers.webhooks import DeliverWebhookWorker
from tests.integration.gateway.conftest import SPEECH
from tests.integration.gateway.hands import Hands, hands_on
from warren.contracts.kinds import Audience, KindDefinition
from warren.contracts.lanes import Lane
from warren.contracts.webhooks import DeliverWebhook

URL = "https://hooks.example.com/warren"
DELIVER = KindDefinition(
    kind=DeliverWebhook.kind,
    version=1,
    service="sync",
    lane=Lane.LOW,
    audience=Audience.INTERNAL,
    payload_schema=DeliverWebhook.submission_schema(),
    max_retries=9,
    concurrency_key=DeliverWebhookWorker.concurrency_key,
    concurrency_limit=4,
)


@pytest.fixture(autouse=True)
def sealing_key(monkeypatch: pytest.MonkeyPatch) -> None:
    key = base64.urlsafe_b64encode(os.urandom(32)).decode()
    monkeypatch.setenv("WARREN_SEALING_KEYS", key)


@pytest.fixture
def hands(database: Any) -> Iterator[Hands]:
    database.announce(SPEECH, DELIVER)
    with hands_on(database.url) as hands:
        yield hands


def make(customer: httpx.Client, **body: Any) -> dict[str, Any]:
    """A new endpoint, with its secret."""
    answer = customer.post("/api/v1/webhooks", json={"url": URL, **body})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def submit(customer: httpx.Client, **more: Any) -> str:
    """A new task."""
    body = {"kind": SPEECH.kind, "payload": {"text": "Hello."}, **more}
    answer = customer.post("/api/v1/tasks", json=body)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["task_id"])


def deliveries(customer: httpx.Client, **query: Any) -> list[dict[str, Any]]:
    """The log, newest first."""
    answer = customer.get("/api/v1/webhooks/deliveries", params=query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def delivery(customer: httpx.Client, delivery_id: str) -> dict[str, Any]:
    """One of them, with message and attempts."""
    answer = customer.get(f"/api/v1/webhooks/deliveries/{delivery_id}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def place_of(hands: Hands, delivery: str) -> str:
    """Of its next attempt: the host, `new` or `slow`."""
    rows = [
        hands.task(delivery),
        *hands.ask("SELECT limit_key FROM outbox WHERE task_id = %s", delivery),
    ]
    (place,) = {str(row["limit_key"]).partition("webhook.deliver:")[2] for row in rows}
    group, _, name = place.partition("/")
    return group if name.isdigit() else name
