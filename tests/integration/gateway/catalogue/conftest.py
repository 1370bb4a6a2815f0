"""Catalogues over HTTP, and an indexer of which only the statuses are there: they are recorded."""

import base64
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import orjson
import pytest

from gateway.customers.keys import Scope
from gateway.database_session import DatabaseSession
from gateway.database_work import DatabaseWork
from gateway.recording.config import RecorderSettings
from gateway.recording.projections import all_projections
from gateway.recording.store import StatusStore
from warren.artifacts import ArtifactStore, open_store
from warren.contracts.catalogue import CATALOGUE_JOBS, CatalogueResult
from warren.contracts.catalogue_vectors import EmbeddingResult, EmbedDocuments
from warren.contracts.ids import new_id
from warren.contracts.kinds import Audience, KindDefinition
from warren.contracts.status import (
    ErrorInfo,
    Failed,
    Outcome,
    Succeeded,
    TaskFailed,
    TaskSucceeded,
    encode_status,
)

PRODUCTS = "/api/v1/catalogue/products"
KINDS = [
    KindDefinition(
        kind=kind,
        version=1,
        service="indexer",
        audience=Audience.INTERNAL,
        payload_schema=job.submission_schema(),
    )
    for kind, job in CATALOGUE_JOBS.items()
]
EMBED = KindDefinition(
    kind=EmbedDocuments.kind,
    version=1,
    service="indexer",
    payload_schema=EmbedDocuments.submission_schema(),
)


@pytest.fixture(scope="session", autouse=True)
def sealing_key() -> Iterator[str]:
    """Of this run."""
    with pytest.MonkeyPatch.context() as patch:
        key = base64.urlsafe_b64encode(os.urandom(32)).decode()
        patch.setenv("WARREN_SEALING_KEYS", key)
        yield key


@dataclass(frozen=True)
class Indexer:
    """Says how index tasks have ended, as a worker would; the recorder's own code records it."""

    store: StatusStore
    database: Any
    artifacts: ArtifactStore

    def payload(self, task_id: str) -> dict[str, Any]:
        ((payload,),) = self.database.ask("SELECT payload FROM tasks WHERE id = %s", task_id)
        return dict(payload)

    def lines(self, task_id: str) -> bytes:
        """The documents of a bulk."""
        return self.artifacts.read(self.payload(task_id)["documents"]["sha256"])

    def succeed(self, task_id: str, **result: Any) -> None:
        ((kind,),) = self.database.ask("SELECT kind FROM tasks WHERE id = %s", task_id)
        payload = self.payload(task_id)
        last = payload.get("first_version", 0) + payload.get("count", 1) - 1
        values = {
            "entity_kind": CATALOGUE_JOBS[kind].entity_kind,
            "applied": payload.get("count", 1),
            "max_version": payload.get("entity_version") or payload.get("floor") or last,
            **result,
        }
        document = CatalogueResult.model_validate(values).model_dump(mode="json")
        data = Succeeded(result=document, processing_seconds=0.1)
        self._record(TaskSucceeded(**_run(task_id), data=data))

    def fail(self, task_id: str, error: str = "MappingConflict", message: str = "no") -> None:
        info = ErrorInfo(type=error, message=message)
        data = Failed(source="permanent", error=info, processing_seconds=0.1)
        self._record(TaskFailed(**_run(task_id), data=data))

    def ask_for_vectors(self, versions: dict[str, int]) -> str:
        """The task that the upserts of these products ask for."""
        entities = [{"id": name, "entity_version": version} for name, version in versions.items()]
        ((task_id,),) = self.database.ask(
            "SELECT warren_enqueue(%s, jsonb_build_object('customer_id', customer_id,"
            " 'entity_kind', entity_kind, 'entities', %s::jsonb), customer_id)"
            " FROM catalogue_items LIMIT 1",
            EmbedDocuments.kind,
            orjson.dumps(entities).decode(),
        )
        return str(task_id)

    def make_vectors(self, task_id: str, generation: int = 1, **result: Any) -> None:
        """That task has succeeded."""
        values = {"entity_kind": "product", "model": "m", "made": 1, "known": 0, "skipped": 0}
        made = EmbeddingResult.model_validate({**values, **result})
        data = Succeeded(result=made.model_dump(mode="json"), processing_seconds=0.1)
        self._record(TaskSucceeded(**{**_run(task_id), "generation": generation}, data=data))

    def _record(self, status: Outcome) -> None:
        self.store.record_statuses([encode_status(status)])


def _run(task_id: str) -> dict[str, Any]:
    return {
        "id": new_id(),
        "task_id": UUID(task_id),
        "generation": 1,
        "dispatch": 1,
        "attempt": 1,
        "run_id": new_id(),
        "incarnation": "indexer-1",
        "at": datetime.now(UTC),
    }


@pytest.fixture
def indexer(database: Any, artifacts_folder: Any) -> Iterator[Indexer]:
    database.announce(*KINDS, EMBED, release="9.0")
    work = DatabaseWork(DatabaseSession(database.url, name="test-recorder"), threading.Event())
    settings = RecorderSettings(database_url=database.url)
    store = StatusStore(work, all_projections(settings))
    yield Indexer(store, database, open_store(str(artifacts_folder)))
    work.close()


@pytest.fixture
def shop(
    indexer: Indexer,
    gateway_url: str,
    database: Any,
    connect: Callable[[str, str], httpx.Client],
) -> httpx.Client:
    """A customer that may write and read its own catalogue, once the kinds are known."""
    client = connect(gateway_url, database.key(scopes=[Scope.TASKS_READ, Scope.TASKS_WRITE]))
    for _ in range(300):
        if client.put(f"{PRODUCTS}/probe", json={"name": "Probe"}).status_code == 202:
            break
    database.ask("DELETE FROM catalogue_items")
    database.ask("DELETE FROM outbox")
    database.ask("DELETE FROM tasks")
    return client
