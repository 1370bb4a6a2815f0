"""Schedules in a database of the test's own, and schedulers as they run in production."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, LiteralString
from uuid import UUID

import psycopg
import pytest

from gateway.recording.control import read_control, record_control
from gateway.scheduler import run_scheduler
from gateway.scheduling.announced import announced_id
from gateway.scheduling.config import SchedulerSettings
from tests.asking import rows_of
from tests.program import running_program
from warren.contracts.kinds import Announcement, KindDefinition, KindSchedule

PAYLOAD_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"days_old": {"type": "integer", "minimum": 1}},
    "additionalProperties": False,
}


def make_kind(name: str, schedule: KindSchedule | None = None, **more: Any) -> KindDefinition:
    """A kind of the service `test`; its payload may have `days_old`."""
    values = {"version": 1, "service": "test", "payload_schema": PAYLOAD_SCHEMA, **more}
    return KindDefinition(kind=name, schedule=schedule, **values)


@dataclass(frozen=True)
class Schedules:
    """What a test does and sees behind the scheduler's back."""

    url: str

    def ask(self, query: LiteralString, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            return rows_of(connection.execute(query, values))

    @contextmanager
    def connection(self, *statements: LiteralString) -> Iterator[psycopg.Connection[Any]]:
        """A connection that dies with its block, whatever state it is in."""
        connection = psycopg.connect(self.url, autocommit=True)
        try:
            for statement in statements:
                connection.execute(statement)
            yield connection
        finally:
            connection.close()

    def announce(self, *kinds: KindDefinition, release: str = "1.0") -> None:
        """As if a recorder had read the announcement from the broker."""
        said = Announcement(service="test", release=release, incarnation="x", kinds=list(kinds))
        messages, rejected = read_control([said.model_dump_json().encode()])
        assert rejected == []
        with psycopg.connect(self.url, autocommit=True) as connection:
            record_control(connection, messages)

    def make_overdue(self, name: str, since: timedelta) -> datetime:
        """Let the times of the last `since` be missed; returns the first of them."""
        ((first,),) = self.ask(
            "UPDATE schedules SET next_due_at = date_trunc('minute', now() - %s),"
            " fire_at = date_trunc('minute', now() - %s), revision = revision + 1"
            " WHERE id = %s RETURNING next_due_at",
            since,
            since,
            announced_id(name),
        )
        assert isinstance(first, datetime)
        return first

    def fired(self, name: str) -> list[datetime]:
        """The due times of this kind's schedule that have become tasks, in order."""
        rows = self.ask(
            "SELECT f.due_at FROM tasks JOIN schedule_fires f ON f.task_id = tasks.id"
            " WHERE kind = %s ORDER BY f.due_at",
            name,
        )
        return [row[0] for row in rows]

    def task_ids(self) -> list[UUID]:
        return [row[0] for row in self.ask("SELECT id FROM tasks ORDER BY id")]


@pytest.fixture
def kind() -> Callable[..., KindDefinition]:
    """Makes kinds."""
    return make_kind


@pytest.fixture
def running() -> Callable[[SchedulerSettings], AbstractContextManager[None]]:
    """Runs a scheduler for a block."""
    return partial(running_program, run_scheduler)


@pytest.fixture
def schedules(database_url: str) -> Schedules:
    return Schedules(database_url)


@pytest.fixture
def schedules_of() -> type[Schedules]:
    """The schedules in the database at an address."""
    return Schedules


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> SchedulerSettings:
    """Of schedulers that find no broker, which they can do without."""
    return SchedulerSettings(
        database_url=database_url,
        artifacts_url=str(tmp_path / "artifacts"),
        amqp_url="amqp://guest:guest@127.0.0.1:1/%2F",
        scheduler_interval=0.1,
    )


@pytest.fixture
def scheduler(settings: SchedulerSettings) -> Iterator[None]:
    """A scheduler that runs during the test."""
    with running_program(run_scheduler, settings):
        yield
