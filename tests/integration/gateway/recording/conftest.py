"""A recorder on real servers, tasks in the broker's hands, and statuses about them."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import dict_row

from gateway.database_session import DatabaseSession
from gateway.database_work import DatabaseWork
from gateway.recorder import run_recorder
from gateway.recording.config import RecorderSettings
from gateway.recording.projections import all_projections
from gateway.recording.store import StatusStore
from tests.program import running_program
from warren.contracts.ids import new_id
from warren.contracts.status import Status, parse_status

_DISPATCHED = """
WITH accepted AS (
    INSERT INTO tasks (id, customer_id, actor, kind, version, queue, lane, payload, state,
        max_attempts)
    SELECT id, %(customer)s, 'key:test', %(kind)s, 1, 'test.default', 'default', '{}', 'pending', 3
    FROM unnest(%(ids)s::uuid[]) id
)
INSERT INTO in_flight (task_id, generation, dispatch, queue)
SELECT id, 1, 1, 'test.default' FROM unnest(%(ids)s::uuid[]) id
"""
ERROR = {"type": "EngineBusy", "message": "try later"}


@pytest.fixture
def database(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(
        database_url, autocommit=True, connect_timeout=10, row_factory=dict_row
    ) as connection:
        yield connection


class Tasks:
    """Tasks that were accepted and published, as rows."""

    def __init__(self, database: psycopg.Connection[Any]) -> None:
        self._database = database
        self.customer = new_id()

    def dispatched(self, count: int = 1, kind: str = "test.echo") -> list[UUID]:
        """New tasks whose first dispatch is in the broker."""
        ids = [new_id() for _ in range(count)]
        self._database.execute(_DISPATCHED, {"ids": ids, "customer": self.customer, "kind": kind})
        return ids

    def row(self, task: UUID) -> dict[str, Any]:
        """All columns of the task."""
        row = self._database.execute("SELECT * FROM tasks WHERE id = %s", [task]).fetchone()
        assert row is not None
        return dict(row)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What a query yields."""
        return [tuple(row.values()) for row in self._database.execute(query)]


@pytest.fixture
def tasks(database: psycopg.Connection[Any]) -> Tasks:
    return Tasks(database)


@pytest.fixture
def tasks_in() -> Callable[[str], AbstractContextManager[Tasks]]:
    """Tasks of another database, within a block."""

    @contextmanager
    def connect(url: str) -> Iterator[Tasks]:
        with psycopg.connect(
            url, autocommit=True, connect_timeout=10, row_factory=dict_row
        ) as connection:
            yield Tasks(connection)

    return connect


class Statuses:
    """What runs of a task report; `where` is dispatch, attempt, generation."""

    def make(self, task: UUID, type_: str, data: dict[str, Any], **where: Any) -> Status:
        return parse_status(
            {
                "id": new_id(),
                "type": type_,
                "task_id": task,
                "generation": 1,
                "dispatch": 1,
                "attempt": 1,
                "run_id": new_id(),
                "incarnation": "host-1-1",
                "at": datetime.now(UTC),
                "data": data,
                **where,
            }
        )

    def processing(self, task: UUID, **where: Any) -> Status:
        return self.make(task, "task.processing", {}, **where)

    def succeeded(self, task: UUID, result: Any = "done", **data: Any) -> Status:
        body = {"result": result, "processing_seconds": 1.5, **data}
        return self.make(task, "task.succeeded", body)

    def retrying(self, task: UUID, delay: float = 60, **where: Any) -> Status:
        body = {"delay": delay, "error": ERROR, "processing_seconds": 1}
        return self.make(task, "task.retrying", body, **where)

    def failed(self, task: UUID, message: str = "no", **where: Any) -> Status:
        error = {"type": "VoiceNotFound", "message": message}
        body = {"source": "permanent", "error": error, "processing_seconds": 1}
        return self.make(task, "task.failed", body, **where)

    def poison(self, task: UUID) -> Status:
        """Valid on the wire, impossible to store."""
        return self.make(task, "task.processing", {}, dispatch=2**40)


@pytest.fixture
def statuses() -> Statuses:
    return Statuses()


@pytest.fixture
def store(database_url: str) -> Iterator[StatusStore]:
    work = DatabaseWork(DatabaseSession(database_url, name="warren-recorder"), threading.Event())
    yield StatusStore(work, all_projections(RecorderSettings()))
    work.close()


Recording = Callable[..., AbstractContextManager[None]]


@pytest.fixture
def recording(database_url: str, amqp_url: str) -> Recording:
    @contextmanager
    def run(url: str = database_url) -> Iterator[None]:
        with running_program(run_recorder, RecorderSettings(database_url=url, amqp_url=amqp_url)):
            yield

    return run
