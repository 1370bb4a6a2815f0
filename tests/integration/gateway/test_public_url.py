"""With WARREN_PUBLIC_URL every URL is absolute, whatever answers, streams or messages it is in."""

import base64
import os
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import orjson
import pytest
from pydantic import SecretStr

from gateway.addresses import public_base
from gateway.database_session import DatabaseSession
from gateway.database_work import DatabaseWork
from gateway.recording.config import RecorderSettings
from gateway.recording.projections import all_projections
from gateway.recording.store import StatusStore
from tests.integration.gateway.conftest import SPEECH, Database, ServedGateway, settings_for
from tests.integration.gateway.images.conftest import JOBS, KINDS, Painter
from tests.integration.gateway.webhooks.conftest import DELIVER, delivery
from warren.artifacts import open_store
from warren.contracts.books import PlanBook, ProcessBook
from warren.contracts.kinds import KindDefinition
from warren.testing.deadline import eventually

pytestmark = pytest.mark.postgres

BASE = "https://warren.example.com/ai"
BOOKS = [
    KindDefinition(kind=job.kind, version=1, service="nlp", payload_schema=job.submission_schema())
    for job in (PlanBook, ProcessBook)
]
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
TEXT = {"kind": SPEECH.kind, "payload": {"text": "Hello."}}
#: The path of the request that went wrong, as RFC 9457 has it.
NO_URL = {"instance"}


def _relative(value: Any, name: str = "") -> Iterator[str]:
    """Every text within that looks like an address without a host."""
    if isinstance(value, dict):
        for key, child in value.items():
            yield from _relative(child, key)
    elif isinstance(value, list):
        for child in value:
            yield from _relative(child, name)
    elif isinstance(value, str) and value.startswith("/") and name not in NO_URL:
        yield f"{name}: {value}"


class Watch:
    """Looks at every answer; `seen` has the absolute URLs by the path of the request."""

    def __init__(self) -> None:
        self.seen: dict[str, int] = {}

    def look(self, response: httpx.Response) -> None:
        if "event-stream" in _type(response):
            return
        path = response.request.url.path
        response.read()
        body = orjson.loads(response.content) if "json" in _type(response) else None
        said = [response.headers.get("location", ""), body]
        assert list(_relative(said)) == [], f"{response.request.method} {path}"
        self.seen[path] = self.seen.get(path, 0) + orjson.dumps(said).count(BASE.encode())


def _type(response: httpx.Response) -> str:
    return str(response.headers.get("content-type", ""))


@pytest.fixture
def served(
    module_database_url: str, artifacts_folder: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    monkeypatch.setenv("WARREN_PUBLIC_URL", BASE + "/")
    monkeypatch.setenv("WARREN_SEALING_KEYS", base64.urlsafe_b64encode(os.urandom(32)).decode())
    public_base.cache_clear()
    settings = settings_for(module_database_url, artifacts_folder)
    with ServedGateway(settings.model_copy(update={"link_keys": SecretStr("k" * 32)})) as gateway:
        yield gateway.url
    monkeypatch.undo()
    public_base.cache_clear()


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def caller(
    served: str, database: Database, connect: Callable[[str, str], httpx.Client], watch: Watch
) -> httpx.Client:
    database.announce(SPEECH, DELIVER, *KINDS, *BOOKS)
    client = connect(served, database.key())
    client.event_hooks = {"response": [watch.look]}
    eventually(lambda: len(client.get("/api/v1/kinds").json()["items"]) > len(JOBS))
    return client


@pytest.fixture
def painter(database: Database, artifacts_folder: Any) -> Iterator[Painter]:
    work = DatabaseWork(DatabaseSession(database.url, name="test-recorder"), threading.Event())
    store = StatusStore(work, all_projections(RecorderSettings(database_url=database.url)))
    yield Painter(store, database, open_store(str(artifacts_folder)))
    work.close()


def test_every_answer_that_names_an_address_names_it_in_full(
    caller: httpx.Client, watch: Watch
) -> None:
    task = caller.post("/api/v1/tasks", json=TEXT).json()["task_id"]
    form = {"task_type": "image_generation", "prompt": "a castle"}
    upload = caller.post("/api/v1/tasks/create/", data=form).json()["task_id"]
    picture = caller.post("/api/v1/artifacts", files={"file": ("a.png", PNG)}).json()["id"]
    daily = {"name": "daily", "cron": "0 3 * * *", **TEXT}
    hook = {"url": "https://hooks.example.com/warren"}
    for path, body in (
        ("/api/v1/tasks/batch", {"items": [TEXT]}),
        ("/api/v1/batches", {"items": [TEXT]}),
        ("/api/v1/speech", {"text": "Hello."}),
        ("/api/v1/images/generate", {"prompt": "a castle"}),
        ("/api/v1/images/enhance", {"image": picture}),
        ("/api/v1/documents/upload-text", {"text": "A text.", "source": "s"}),
        ("/api/v1/mobile-faq", {"question": "Why?", "answer": "So.", "files": [picture]}),
        ("/api/v1/schedules", daily),
        ("/api/v1/webhooks", hook),
        ("/api/v1/keys", {"name": "another"}),
        ("/api/v1/tasks/cancel", {"filter": {"kind": "none"}}),
    ):
        answer = caller.post(path, json=body)
        assert answer.status_code in (201, 202, 404), (path, answer.text)
    caller.post("/api/v1/books", files={"file": ("a.txt", b"Once upon a time. " * 50)})
    for path in (
        f"/api/v1/tasks/{task}",
        f"/api/v1/tasks/{task}/status",
        f"/api/v1/tasks/{upload}/status/",
        "/api/v1/documents/list",
        "/api/v1/mobile-faqs",
        "/api/v1/tasks",
        "/api/",
    ):
        assert caller.get(path).status_code == 200, path
    caller.post(f"/api/v1/tasks/{task}/cancel")
    caller.post(f"/api/v1/tasks/{task}/retry")

    silent = {"/api/v1/kinds", "/api/v1/tasks", f"/api/v1/tasks/{upload}/status/"}
    silent |= {"/api/v1/tasks/create/", "/api/v1/tasks/cancel"}
    assert {path for path, count in watch.seen.items() if not count} <= silent, watch.seen
    assert watch.seen["/api/v1/tasks/batch"] >= 6


def test_results_lists_and_streams_of_pictures_link_to_them_in_full(
    caller: httpx.Client, painter: Painter, watch: Watch
) -> None:
    task = caller.post("/api/v1/images/generate", json={"prompt": "a castle"}).json()["task_id"]
    painter.paint(task)

    result = caller.get(f"/api/v1/tasks/{task}/result").json()
    stream = caller.get(f"/api/v1/tasks/{task}/events").text
    upload = caller.get(f"/api/v1/tasks/{task}/result/").json()
    status = caller.get(f"/api/v1/tasks/{task}/status/").json()
    (image,) = caller.get("/api/v1/images").json()["items"]

    assert result["image_url"].startswith(f"{BASE}/api/v1/artifacts/{result['artifact_id']}?exp")
    for url in (upload["image_url"], image["image_url"], status["result_url"]):
        assert url.startswith(f"{BASE}/api/v1/"), url
    (data,) = [orjson.loads(line[5:]) for line in stream.splitlines() if line.startswith("data:")]
    assert list(_relative(data)) == []
    assert data["result"]["image_url"].startswith(BASE)


def test_messages_of_webhooks_name_addresses_in_full(
    caller: httpx.Client, painter: Painter
) -> None:
    caller.post("/api/v1/webhooks", json={"url": "https://hooks.example.com/warren"})
    task = caller.post("/api/v1/images/generate", json={"prompt": "a castle"}).json()["task_id"]
    painter.paint(task)

    (sent,) = caller.get("/api/v1/webhooks/deliveries").json()["items"]
    body = delivery(caller, sent["id"])["body"]

    assert body["data"]["urls"]["result"] == f"{BASE}/api/v1/tasks/{task}/result"
    assert list(_relative(body)) == []


def test_the_description_of_the_api_names_where_it_is(served: str) -> None:
    document = httpx.get(f"{served}/openapi.json", timeout=60, trust_env=False).json()

    assert document["servers"] == [{"url": BASE}]
