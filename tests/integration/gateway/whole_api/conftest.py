"""A gateway as it is served: database, broker, all kinds announced, and one of each thing."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
import uvicorn

from gateway.config import GatewaySettings
from gateway.customers.administration import create_customer, create_key
from gateway.customers.keys import Scope
from gateway.kinds.projections import record_announcement
from gateway.server import listen, web_config
from warren.contracts.kinds import Announcement
from warren.contracts.services import installed_services
from warren.testing.deadline import eventually
from warren.worker.catalogue import load_service

_STATES = ("pending", "processing", "succeeded", "failed", "cancelled", "expired")


@dataclass(frozen=True)
class WholeApi:
    """An address, a key that may do everything, and ids of what is there, by parameter."""

    url: str
    key: str
    known: dict[str, list[str]]


@pytest.fixture(scope="module")
def api(
    module_database_url: str, amqp_server_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WholeApi]:
    folder = tmp_path_factory.mktemp("api")
    settings = GatewaySettings(
        database_url=module_database_url,
        artifacts_url=str(folder),
        amqp_url=amqp_server_url,
        # Nothing runs here: nobody waits in vain for long.
        wait_limit=0.2,
        openai_wait=0.2,
        event_stream_seconds=0.2,
        images_per_day=1_000_000,
        shutdown_timeout=1,
    )
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("WARREN_SEALING_KEYS", "k" * 43 + "=")
        key = _prepare(module_database_url)
        with _served(settings) as url:
            yield WholeApi(url, key, _things(url, key, module_database_url))


def _prepare(database_url: str) -> str:
    with psycopg.connect(database_url, autocommit=True) as connection:
        for name in [*installed_services(), "gateway.housekeeping"]:
            service = load_service(name)
            announcement = Announcement(
                service=service.name, release="1", incarnation=name, kinds=service.definitions()
            )
            record_announcement(connection, announcement)
        customer = create_customer(connection, "a customer", "premium")
        return str(create_key(connection, customer, "a key", list(Scope)))


@contextmanager
def _served(settings: GatewaySettings) -> Iterator[str]:
    listening = listen("127.0.0.1", 0)
    server = uvicorn.Server(web_config(settings))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    eventually(lambda: server.started, within=30)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join(20)
    listening.close()
    assert not thread.is_alive(), "the gateway did not stop"


def _things(url: str, key: str, database_url: str) -> dict[str, list[str]]:
    """Makes one of each thing, and tasks of every state."""
    with httpx.Client(
        base_url=url + "/api/v1", headers={"X-API-Key": key}, trust_env=False, timeout=30
    ) as client:

        def made(name: str, path: str, **body: Any) -> str:
            answer = client.post(path, **body)
            assert answer.is_success, f"{path}: {answer.status_code} {answer.text}"
            return str(answer.json()[name])

        speech = {"kind": "tts.synthesize", "payload": {"text": "Hello."}}
        tasks = [made("task_id", "/tasks", json=speech) for _ in _STATES]
        text = ("walk.txt", b"Chapter One\n\nA path led through the pine forest.\n")
        known = {
            "task_id": [*tasks, made("task_id", "/batches", json={"items": [speech]})],
            "artifact_id": [made("id", "/artifacts", content=b"a file")],
            "book_id": [made("book_id", "/books", files={"file": text})],
            "document_id": [
                made("document_id", "/documents/upload-text", json={"source": "a", "text": "b"})
            ],
            "faq_id": [made("faq_id", "/mobile-faq", json={"question": "a", "answer": "b"})],
            "webhook_id": [made("id", "/webhooks", json={"url": "https://example.org/"})],
            "schedule": [
                made("id", "/schedules", json={**speech, "cron": "0 7 * * *", "name": "morning"}),
                "morning",
            ],
            "item_id": ["lamp-1"],
            "kind": ["products"],
            "name": ["tts.default"],
            "number": ["1"],
            "image_id": [made("id", "/artifacts", content=b"a picture")],
            "import_id": [
                made("import_id", "/mobile-faq/import", content=b"question,answer\nc,d\n")
            ],
            "key": [made("prefix", "/keys", json={"name": "a key", "scopes": ["tasks:read"]})],
            "customer_id": [made("id", "/customers", json={"name": "b", "plan": "standard"})],
            # Of the installation, not of a customer: for operators, whatever they name.
            "letter_id": [str(uuid4())],
            "incarnation": ["a-worker"],
            "model": ["tts-1"],
            "provider": ["chatbot"],
        }
        assert client.put("/catalogue/products/lamp-1", json={"name": "Lamp"}).is_success
        known["delivery_id"] = [made("id", f"/webhooks/{known['webhook_id'][0]}/ping")]
    with psycopg.connect(database_url, autocommit=True) as connection:
        for task, state in zip(tasks, _STATES, strict=True):
            connection.execute("UPDATE tasks SET state = %s WHERE id = %s", [state, task])
        connection.execute(
            "INSERT INTO generated_images (id, customer_id, task_id, kind, provider, width, height,"
            " seconds) SELECT id, customer_id, %s, 'image.generate', 'procedural', 64, 64, 1"
            " FROM artifacts WHERE id = %s",
            [tasks[0], known["image_id"][0]],
        )
    return known
