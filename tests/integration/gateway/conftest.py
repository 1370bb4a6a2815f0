"""A gateway that serves on a real port, over a real database that belongs to one test."""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString, Self
from uuid import UUID

import httpx
import psycopg
import pytest
import uvicorn

from gateway.app import create_app
from gateway.config import GatewaySettings
from gateway.customers.administration import create_customer, create_key
from gateway.customers.keys import Scope
from gateway.kinds.projections import record_announcement
from gateway.server import listen
from tests.asking import rows_of
from warren.contracts.ids import new_id
from warren.contracts.kinds import Announcement, KindDefinition
from warren.contracts.speech import SynthesizeSpeech
from warren.testing.deadline import eventually
from warren.testing.postgres import fresh_database

SPEECH = KindDefinition(
    kind=SynthesizeSpeech.kind,
    version=1,
    service="tts",
    payload_schema=SynthesizeSpeech.submission_schema(),
)
_CUSTOMER = [Scope.TASKS_READ, Scope.TASKS_WRITE]


class ServedGateway:
    """The application under uvicorn in a thread of this process."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._listening = listen("127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        config = uvicorn.Config(
            create_app(settings), log_config=None, ws="none", timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._listening]}, daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        with httpx.Client(base_url=self.url, trust_env=False) as client:
            assert client.get("/healthz", timeout=10).status_code == 200
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=10)
        self._listening.close()
        assert not self._thread.is_alive(), "the gateway did not stop"


_ERASING = """
INSERT INTO tasks (id, customer_id, actor, kind, version, queue, lane, payload, state, max_attempts)
VALUES (%s, %s, 'key:test', 'api.erase_customer', 1, 'api.low', 'low', '{}', 'processing', 4)
"""


@dataclass(frozen=True)
class Database:
    """What a test looks up or prepares behind the gateway's back."""

    url: str

    def ask(self, query: LiteralString, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            return rows_of(connection.execute(query, values))

    def count(self, table: LiteralString) -> int:
        (row,) = self.ask("SELECT count(*) FROM " + table)  # noqa: S608 -- a literal
        return int(row[0])

    def key(self, *, plan: str = "standard", scopes: list[Scope] | None = None) -> str:
        """A new customer's key."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            customer = create_customer(connection, "a customer", plan)
            return str(create_key(connection, customer, "a key", scopes or list(Scope)))

    def customer(self, *, plan: str = "standard") -> UUID:
        """A new customer, without a key."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            return create_customer(connection, "a customer", plan)

    def erasure(self, customer_id: UUID) -> UUID:
        """A task that is erasing the customer."""
        task = new_id()
        self.ask(_ERASING, task, new_id())
        self.ask("UPDATE customers SET erased_by = %s WHERE id = %s", task, customer_id)
        return task

    def announce(self, *kinds: KindDefinition, release: str = "1.0") -> None:
        with psycopg.connect(self.url) as connection:
            record_announcement(
                connection,
                Announcement(service="tts", release=release, incarnation="x", kinds=list(kinds)),
            )


@pytest.fixture(scope="module")
def module_database_url(postgres_server_url: str, migrated_template: str) -> Iterator[str]:
    with fresh_database(postgres_server_url, migrated_template) as url:
        yield url


@pytest.fixture
def database(module_database_url: str) -> Database:
    """The module's database, emptied, with one announced kind."""
    database = Database(module_database_url)
    database.ask(
        "WITH a AS (DELETE FROM outbox), b AS (DELETE FROM tasks), c AS (DELETE FROM task_history),"
        " d AS (DELETE FROM artifacts), e AS (DELETE FROM job_kinds), f AS (DELETE FROM workers),"
        " g AS (DELETE FROM api_keys), h AS (DELETE FROM idempotency_keys),"
        " i AS (DELETE FROM unique_keys), j AS (DELETE FROM dead_letters),"
        " k AS (DELETE FROM in_flight), l AS (DELETE FROM syncs), m AS (DELETE FROM documents),"
        " n AS (DELETE FROM faqs), o AS (DELETE FROM kept_artifacts),"
        " p AS (DELETE FROM sync_versions) DELETE FROM customers"
    )
    database.announce(SPEECH)
    return database


def settings_for(database_url: str, artifacts: Path) -> GatewaySettings:
    """Settings of a gateway whose broker is not there."""
    return GatewaySettings(
        database_url=database_url,
        artifacts_url=str(artifacts),
        amqp_url="amqp://guest:guest@127.0.0.1:1/%2F",
    )


@pytest.fixture
def settings(module_database_url: str, tmp_path: Path) -> GatewaySettings:
    """For a gateway of the test's own."""
    return settings_for(module_database_url, tmp_path / "artifacts")


@pytest.fixture(scope="module")
def artifacts_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("module") / "artifacts"


@pytest.fixture(scope="module")
def module_gateway(module_database_url: str, artifacts_folder: Path) -> Iterator[ServedGateway]:
    with ServedGateway(settings_for(module_database_url, artifacts_folder)) as gateway:
        yield gateway


@pytest.fixture
def serve() -> Iterator[Callable[[GatewaySettings], str]]:
    """Start a gateway; returns its address. Stopped at the end of the test."""
    served: list[ServedGateway] = []

    def start(settings: GatewaySettings) -> str:
        gateway = ServedGateway(settings)
        served.append(gateway)
        return gateway.__enter__().url

    yield start
    for gateway in served:
        gateway.__exit__()


@pytest.fixture
def connect() -> Iterator[Callable[[str, str], httpx.Client]]:
    """A client with a key."""
    clients: list[httpx.Client] = []

    def make(url: str, key: str) -> httpx.Client:
        clients.append(
            httpx.Client(
                base_url=url,
                headers={"Authorization": f"Bearer {key}"},
                timeout=15,
                trust_env=False,
            )
        )
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def gateway_url(module_gateway: ServedGateway, database: Database) -> str:
    """A gateway that serves the tests of a module, on the test's emptied database."""
    return module_gateway.url


@pytest.fixture
def client(
    gateway_url: str, database: Database, connect: Callable[[str, str], httpx.Client]
) -> httpx.Client:
    return connect(gateway_url, database.key())


@pytest.fixture
def gateway_process(
    settings: GatewaySettings, tmp_path: Path
) -> Callable[..., AbstractContextManager[tuple[str, "subprocess.Popen[bytes]"]]]:
    """`warren gateway` as a process of its own, by its address; arguments are variables."""

    @contextmanager
    def running(**variables: str) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        where = {
            "WARREN_DATABASE_URL": settings.database_url,
            "WARREN_ARTIFACTS_URL": settings.artifacts_url,
            "WARREN_AMQP_URL": settings.amqp_url,
            "WARREN_PORT": str(port),
        }
        log = tmp_path / "gateway.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "gateway", "gateway"],
                env={**os.environ, **where, **variables},
                stdout=output,
                stderr=output,
            )
        url = f"http://127.0.0.1:{port}"
        try:
            eventually(lambda: _answers(url), within=60, seen=log.read_text)
            yield url, process
        finally:
            process.kill()
            process.wait(30)

    return running


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture
def customer(
    gateway_url: str, database: Any, connect: Callable[[str, str], httpx.Client]
) -> httpx.Client:
    """Somebody who is no operator."""
    return connect(gateway_url, database.key(scopes=_CUSTOMER))


@pytest.fixture
def stranger(
    gateway_url: str, database: Any, connect: Callable[[str, str], httpx.Client]
) -> httpx.Client:
    """Another customer."""
    return connect(gateway_url, database.key(scopes=_CUSTOMER))
