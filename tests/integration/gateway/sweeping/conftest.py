"""A sweeper in the test's own hands, with a recorder that runs and workers that only beat."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pika
import psycopg
import pytest
from psycopg.rows import dict_row

from gateway import heartbeat
from gateway.database_session import DatabaseSession
from gateway.database_work import DatabaseWork
from gateway.recorder import run_recorder
from gateway.recording.config import RecorderSettings
from gateway.recording.projections import all_projections
from gateway.recording.store import StatusStore
from gateway.sweeping.config import HousekeeperSettings
from gateway.sweeping.issuing import Swept
from gateway.sweeping.sweeper import Sweeper
from gateway.workers.projections import record_beat
from tests.program import running_program
from warren.contracts.ids import new_id
from warren.contracts.kinds import Beat
from warren.contracts.status import parse_status
from warren.messaging.topology import declare_job_queue, declare_topology
from warren.testing.deadline import eventually

QUEUE = "test.default"
#: Seconds for which everything must speak for a loss.
AGE = 0.3

_DISPATCHED = """
WITH accepted AS (
    INSERT INTO tasks (id, customer_id, actor, kind, version, queue, lane, payload, state,
        max_attempts, dispatch, rank, expires_at)
    SELECT id, %(customer)s, 'key:test', 'test.echo', 1, 'test.default', 'default', '{}',
        %(state)s, 4, 1, %(rank)s, %(expires_at)s
    FROM unnest(%(ids)s::uuid[]) id
)
INSERT INTO in_flight (task_id, generation, dispatch, queue, published_at, started_at)
SELECT id, 1, %(dispatch)s, 'test.default', now() - interval '1 hour', %(started_at)s
FROM unnest(%(ids)s::uuid[]) id
"""


class Tasks:
    """Published tasks, as rows."""

    def __init__(self, database: psycopg.Connection[Any]) -> None:
        self.database = database

    def dispatched(self, count: int = 1, **columns: Any) -> list[UUID]:
        """Published an hour ago; `columns` say what has happened since."""
        ids = [new_id() for _ in range(count)]
        values = {"state": "pending", "rank": 0, "dispatch": 1, "expires_at": None}
        values |= {"started_at": None, "customer": new_id(), "ids": ids, **columns}
        self.database.execute(_DISPATCHED, values)
        return ids

    def row(self, task: UUID) -> dict[str, Any]:
        row = self.database.execute("SELECT * FROM tasks WHERE id = %s", [task]).fetchone()
        assert row is not None
        return dict(row)

    def state(self, task: UUID) -> str:
        return str(self.row(task)["state"])

    def due(self, task: UUID) -> list[tuple[int, int, int]]:
        """Generation, dispatch and attempt of the rows that wait to be published."""
        query = "SELECT generation, dispatch, attempt FROM outbox WHERE task_id = %s"
        return [tuple(row.values()) for row in self.database.execute(query, [task])]

    def history(self, task: UUID) -> list[str]:
        query = "SELECT type FROM task_history WHERE task_id = %s ORDER BY recorded_at, dispatch"
        return [row["type"] for row in self.database.execute(query, [task])]

    def publish_again(self, task: UUID) -> None:
        """What a relay does, short of the broker: the message is as good as lost."""
        with self.database.transaction():
            self.database.execute(
                "INSERT INTO in_flight (task_id, generation, dispatch, queue, published_at)"
                " SELECT task_id, generation, dispatch, queue, now() - interval '1 hour'"
                " FROM outbox WHERE task_id = %s",
                [task],
            )
            self.database.execute("DELETE FROM outbox WHERE task_id = %s", [task])


@pytest.fixture
def database(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(
        database_url, autocommit=True, connect_timeout=10, row_factory=dict_row
    ) as connection:
        yield connection


@pytest.fixture
def tasks(database: psycopg.Connection[Any]) -> Tasks:
    return Tasks(database)


@pytest.fixture
def report(database_url: str) -> Iterator[Callable[..., None]]:
    """Record a status as a recorder does."""
    work = DatabaseWork(DatabaseSession(database_url, name="warren-recorder"), threading.Event())
    store = StatusStore(work, all_projections(RecorderSettings()))

    def record(task: UUID, type_: str, data: dict[str, Any] | None = None, **where: Any) -> None:
        raw = {
            "id": new_id(),
            "type": type_,
            "task_id": task,
            "generation": 1,
            "dispatch": 1,
            "attempt": 1,
            "run_id": new_id(),
            "incarnation": "host-1-1",
            "at": datetime.now(UTC),
            "data": data or {},
            **where,
        }
        store.record_statuses([parse_status(raw).model_dump_json().encode()])

    yield record
    work.close()


class Workers:
    """Workers of which only the beats exist."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._started = datetime.now(UTC)

    def beat(self, incarnation: str = "host-1-1", *, name: str = "tester", **more: Any) -> None:
        beat = Beat.model_validate(
            {
                "incarnation": incarnation,
                "name": name,
                "service": "test",
                "release": "1",
                "host": "host",
                "pid": 1,
                "started_at": self._started,
                "at": datetime.now(UTC),
                **more,
            }
        )
        with psycopg.connect(self._url) as connection:
            record_beat(connection, beat)

    def silent_for(self, seconds: float, incarnation: str = "host-1-1") -> None:
        """Let its last beat be that old."""
        with psycopg.connect(self._url) as connection:
            connection.execute(
                "UPDATE workers SET beat_at = now() - make_interval(secs => %s)"
                " WHERE incarnation = %s",
                [seconds, incarnation],
            )


@pytest.fixture
def workers(database_url: str) -> Workers:
    return Workers(database_url)


@pytest.fixture
def channel(amqp_url: str) -> Iterator[Any]:
    connection = pika.BlockingConnection(pika.URLParameters(amqp_url))
    channel = connection.channel()
    # What is published is in its queue before anybody looks.
    channel.confirm_delivery()
    declare_topology(channel)
    declare_job_queue(channel, QUEUE)
    yield channel
    connection.close()


@pytest.fixture
def recorder(
    database_url: str,
    amqp_url: str,
    channel: Any,
    database: psycopg.Connection[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[None]:
    """A recorder that has shown itself, as soon as it is connected."""
    monkeypatch.setattr(heartbeat, "_UNTIL_CONNECTED", 0.05)
    with running_program(
        run_recorder, RecorderSettings(database_url=database_url, amqp_url=amqp_url)
    ):
        query = "SELECT 1 FROM workers WHERE name = 'recorder'"
        eventually(lambda: database.execute(query).fetchone(), within=30)
        yield


class Looks:
    """A sweeper and the looks it takes."""

    def __init__(self, settings: HousekeeperSettings) -> None:
        self._sweeper = Sweeper(settings)
        self._session = DatabaseSession(settings.database_url, name="warren-housekeeper")

    def once(self, connected_seconds: float = 1e6) -> Swept:
        return self._sweeper.look(self._session.connection(), connected_seconds)

    def until(self, condition: Callable[[], object]) -> None:
        """Look until something is so."""

        def look() -> object:
            self.once()
            return condition()

        eventually(look, within=30)

    def for_long(self, between: Callable[[], None] = lambda: None) -> None:
        """Look often enough to find whatever is lost."""
        deadline = time.monotonic() + 4 * AGE
        while time.monotonic() < deadline:
            between()
            self.once()
            threading.Event().wait(0.05)

    def repair(self) -> int:
        return self._sweeper.repair(self._session.connection())

    def close(self) -> None:
        self._session.close()


@pytest.fixture
def make_looks(database_url: str, amqp_url: str) -> Iterator[Callable[[], Looks]]:
    settings = HousekeeperSettings(
        database_url=database_url, amqp_url=amqp_url, sweep_age=AGE, publish_margin=0.0
    )
    made: list[Looks] = []

    def make() -> Looks:
        made.append(Looks(settings))
        return made[-1]

    yield make
    for looks in made:
        looks.close()


@pytest.fixture
def looks(make_looks: Callable[[], Looks]) -> Looks:
    return make_looks()
