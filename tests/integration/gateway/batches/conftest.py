"""Batches as jobs ask for them, and recorders that fold the ends of their members."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID

import psycopg
import pytest
from prometheus_client import CollectorRegistry

from gateway.database_session import DatabaseSession
from gateway.database_work import DatabaseWork
from gateway.intake.judging import Terms
from gateway.intake.store import IntakeStore
from gateway.kinds.projections import record_announcement
from gateway.recording.config import RecorderSettings
from gateway.recording.projections import all_projections
from gateway.recording.store import StatusStore
from gateway.tasks.routing import Router
from tests.asking import rows_of
from warren.contracts.batch_end import callback_key
from warren.contracts.batches import BatchCallback, BatchOutcome
from warren.contracts.ids import new_id
from warren.contracts.intake import NewBatch, NewChild, SpawnTasks, batch_id, child_id
from warren.contracts.job import Job
from warren.contracts.kinds import Announcement, KindDefinition
from warren.contracts.status import Status, encode_statuses, parse_status


class Page(Job):
    """One of many."""

    kind: ClassVar[str] = "mail.page"

    number: int


class AllPages(BatchCallback):
    """What follows them."""

    kind: ClassVar[str] = "mail.all_pages"

    book: str


KINDS = [
    KindDefinition(kind=job.kind, version=1, service="mail", payload_schema=job.submission_schema())
    for job in (Page, AllPages)
]
THEN = NewChild(key="then", kind=AllPages.kind, version=1, payload={"book": "b-1"})
_ERROR = {"type": "Torn", "message": "no"}


class Batches:
    """A database with a running task that asks for batches."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.parent = new_id()
        self.ask(
            "INSERT INTO tasks (id, customer_id, actor, kind, version, queue, lane, payload, state,"
            " max_attempts) VALUES (%s, %s, 'key:test', 'mail.book', 1, 'mail.default', 'default',"
            " '{}', 'processing', 1)",
            self.parent,
            new_id(),
        )
        with psycopg.connect(url) as connection:
            record_announcement(
                connection,
                Announcement(service="mail", release="1", incarnation="x", kinds=KINDS),
            )

    def ask(self, query: Any, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            return rows_of(connection.execute(query, values))

    def connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.url)

    def commands(
        self,
        total: int,
        *,
        key: str = "pages",
        chunk: int = 1000,
        awaited: bool = False,
        parent: UUID | None = None,
    ) -> list[bytes]:
        """What a job sends to ask for a batch."""
        children = [
            NewChild(key=f"{key}/{n}", kind=Page.kind, version=1, payload={"number": n})
            for n in range(total)
        ]
        return [
            SpawnTasks(
                parent_id=parent or self.parent,
                run_id=new_id(),
                at=datetime.now(UTC),
                children=children[start : start + chunk],
                batch=NewBatch(key=key, total=total, offset=start, then=THEN, awaited=awaited),
            ).encode()
            for start in range(0, total, chunk)
        ]

    def member(self, number: int, key: str = "pages") -> UUID:
        return child_id(self.parent, f"{key}/{number}")

    def batch(self, key: str = "pages") -> UUID:
        return batch_id(self.parent, key)

    def state(self, task: UUID) -> str:
        ((state,),) = self.ask("SELECT state FROM tasks WHERE id = %s", task)
        return str(state)

    def row(self, task: UUID, *columns: str) -> tuple[Any, ...]:
        listed = psycopg.sql.SQL(", ").join(map(psycopg.sql.Identifier, columns))
        query = psycopg.sql.SQL("SELECT {} FROM tasks WHERE id = %s").format(listed)
        return self.ask(query, task)[0]

    def callbacks(self) -> list[UUID]:
        """The tasks that followed, whichever batch."""
        return [row[0] for row in self.ask("SELECT id FROM tasks WHERE kind = 'mail.all_pages'")]

    def outcome(self, generation: int = 1, key: str = "pages") -> BatchOutcome:
        """What the callback was told."""
        task = child_id(self.batch(key), callback_key(generation))
        ((payload,),) = self.ask("SELECT payload FROM tasks WHERE id = %s", task)
        outcome = AllPages.model_validate(payload).batch
        assert outcome is not None
        return outcome


@pytest.fixture
def batches(database_url: str) -> Batches:
    return Batches(database_url)


class OneRecorder:
    """Both halves of a recorder."""

    def __init__(self, work: DatabaseWork) -> None:
        terms = Terms(Router(None, CollectorRegistry()), 65536)
        self.intake = IntakeStore(work, terms)
        self.store = StatusStore(work, all_projections(RecorderSettings()))

    def take(self, commands: list[bytes]) -> None:
        self.intake.record(commands)

    def fold(self, *statuses: Status) -> None:
        self.store.record_statuses([encode_statuses(statuses)])


@contextmanager
def one_recorder(url: str) -> Iterator[OneRecorder]:
    work = DatabaseWork(DatabaseSession(url, name="warren-recorder"), threading.Event())
    try:
        yield OneRecorder(work)
    finally:
        work.close()


@pytest.fixture
def recorder(database_url: str) -> Iterator[OneRecorder]:
    with one_recorder(database_url) as made:
        yield made


def end_of(task: UUID, how: str = "succeeded", generation: int = 1) -> Status:
    """How a run of the task ends: a state, `retrying`, or `processing`."""
    data: dict[str, dict[str, Any]] = {
        "processing": {},
        "succeeded": {"result": {"of": str(task)[-4:]}, "processing_seconds": 1},
        "failed": {"source": "permanent", "error": _ERROR, "processing_seconds": 1},
        "retrying": {"delay": 60, "error": _ERROR, "processing_seconds": 1},
        "cancelled": {},
    }
    return parse_status(
        {
            "id": new_id(),
            "type": f"task.{how}",
            "task_id": task,
            "generation": generation,
            "dispatch": 1,
            "attempt": 1,
            "run_id": new_id(),
            "incarnation": "host-1-1",
            "at": datetime.now(UTC),
            "data": data[how],
        }
    )


def wait_of(batches: Batches) -> Status:
    """What the parent's run reports when it joins its batch."""
    return parse_status(
        {
            "id": new_id(),
            "type": "task.waiting",
            "task_id": batches.parent,
            "generation": 1,
            "dispatch": 1,
            "attempt": 1,
            "run_id": new_id(),
            "incarnation": "host-1-1",
            "at": datetime.now(UTC),
            "data": {"reason": "members", "delay": 900, "batch_id": batches.batch()},
        }
    )


@pytest.fixture
def ends() -> Callable[..., Status]:
    return end_of


@pytest.fixture
def recorders() -> Callable[[str], Any]:
    return one_recorder
