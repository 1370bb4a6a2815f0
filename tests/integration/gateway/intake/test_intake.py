"""What jobs ask for, from the broker's queue to rows of the database."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
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
from gateway.tasks.cancellation import cancel_tasks
from gateway.tasks.routing import Router
from tests.asking import rows_of
from warren.contracts.artifact import ArtifactRef
from warren.contracts.ids import id_time, new_id
from warren.contracts.intake import NewChild, SpawnTasks, child_id
from warren.contracts.job import Job
from warren.contracts.kinds import Announcement, KindDefinition
from warren.messaging.publisher import Publisher
from warren.messaging.topology import INTAKE_QUEUE
from warren.testing.deadline import eventually

pytestmark = pytest.mark.postgres


class Step(Job):
    """One step."""

    kind: ClassVar[str] = "mail.step"

    number: int = 0
    enclosure: ArtifactRef | None = None


STEP = KindDefinition(
    kind=Step.kind,
    version=1,
    service="mail",
    payload_schema=Step.submission_schema(),
    max_retries=7,
)


class Rows:
    """The database, with a task whose job asks for others."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.customer = new_id()
        self.parent = self.task("processing")

    def ask(self, query: Any, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            return rows_of(connection.execute(query, values))

    def task(self, state: str) -> UUID:
        task = new_id()
        self.ask(
            "INSERT INTO tasks (id, customer_id, user_id, actor, kind, version, queue, lane,"
            " payload, state, max_attempts) VALUES (%s, %s, 'u1', 'key:test', 'mail.send', 1,"
            " 'mail.default', 'default', '{}', %s, 3)",
            task,
            self.customer,
            state,
        )
        return task

    def announce(self, *kinds: KindDefinition) -> None:
        with psycopg.connect(self.url) as connection:
            record_announcement(
                connection,
                Announcement(service="mail", release="1.0", incarnation="x", kinds=list(kinds)),
            )

    def count(self, table: str) -> int:
        return int(self.ask(f"SELECT count(*) FROM {table}")[0][0])  # noqa: S608 - our own names

    def children(self) -> int:
        return int(self.ask("SELECT count(*) FROM tasks WHERE parent_id IS NOT NULL")[0][0])


@pytest.fixture
def rows(database_url: str) -> Rows:
    rows = Rows(database_url)
    rows.announce(STEP)
    return rows


@pytest.fixture
def store(database_url: str) -> Iterator[IntakeStore]:
    work = DatabaseWork(DatabaseSession(database_url, name="warren-recorder"), threading.Event())
    yield IntakeStore(work, Terms(Router(None, CollectorRegistry()), 64 * 1024))
    work.close()


def child(key: str = "a", **more: Any) -> NewChild:
    given = {"kind": Step.kind, "version": 1, "payload": {"number": 1}, **more}
    return NewChild(key=key, **given)


def command(parent: UUID, *children: NewChild) -> bytes:
    return SpawnTasks(
        parent_id=parent, run_id=new_id(), at=datetime.now(UTC), children=list(children)
    ).encode()


def test_a_child_is_a_task_like_any_other(rows: Rows, store: IntakeStore) -> None:
    store.record([command(rows.parent, child(tags=["x"], lane="low"))])

    task = child_id(rows.parent, "a")
    assert rows.ask(
        "SELECT id, parent_id, customer_id, user_id, actor, queue, state, max_attempts, tags"
        " FROM tasks WHERE parent_id IS NOT NULL"
    ) == [
        (
            task,
            rows.parent,
            rows.customer,
            "u1",
            f"task:{rows.parent}",
            "mail.low",
            "pending",
            8,
            ["x"],
        )
    ]
    assert rows.ask("SELECT task_id, queue FROM outbox") == [(task, "mail.low")]
    assert id_time(task) == id_time(rows.parent)


def test_asking_again_makes_nothing_new(rows: Rows, store: IntakeStore) -> None:
    for _ in range(3):
        store.record([command(rows.parent, child("a"), child("b")), command(rows.parent, child())])

    assert (rows.children(), rows.count("outbox")) == (2, 2)


def test_delays_count_from_the_asking(rows: Rows, store: IntakeStore) -> None:
    asked = datetime.now(UTC) - timedelta(seconds=90)
    late = SpawnTasks(
        parent_id=rows.parent,
        run_id=new_id(),
        at=asked,
        children=[child("past", delay_seconds=60), child("later", delay_seconds=600)],
    )
    store.record([late.encode()])

    states = dict(rows.ask("SELECT id, state FROM tasks"))
    assert states[child_id(rows.parent, "past")] == "pending"
    assert states[child_id(rows.parent, "later")] == "scheduled"
    ((due,),) = rows.ask("SELECT available_at FROM outbox WHERE available_at > now()")
    assert abs(due - asked - timedelta(seconds=600)) < timedelta(seconds=1)


@pytest.mark.parametrize("state", ["cancelled", "cancelling"])
def test_children_of_a_cancelled_task_are_dropped(
    rows: Rows, store: IntakeStore, state: str
) -> None:
    store.record([command(rows.task(state), child()), command(rows.parent, child())])

    assert rows.children() == rows.count("outbox") == 1
    assert rows.count("quarantined_status") == 0


def test_a_cancellation_comes_before_a_child_or_after_it(rows: Rows, store: IntakeStore) -> None:
    with psycopg.connect(rows.url) as connection:
        cancel_tasks(connection, [rows.parent], "key:test")
        recording = threading.Thread(
            target=store.record, args=([command(rows.parent, child())],), daemon=True
        )
        recording.start()
        eventually(lambda: rows.ask("SELECT 1 FROM pg_locks WHERE NOT granted"))
        connection.commit()
    recording.join(20)

    assert not recording.is_alive()
    assert rows.children() == 0


@pytest.mark.parametrize(
    ("bad", "type_", "said"),
    [
        ({"payload": {"number": "many"}}, "InvalidPayload", "number must be a whole number"),
        ({"payload": {"number": 1, "nummer": 2}}, "InvalidPayload", "did you mean number?"),
        ({"payload": {"enclosure": str(new_id())}}, "InvalidPayload", "enclosure"),
        ({"payload": {"text": "x" * 70_000}}, "PayloadTooLarge", "as an artifact"),
        ({"lane": "critical"}, "LaneNotAllowed", "premium"),
    ],
)
def test_a_child_that_cannot_be_is_a_task_that_has_failed_and_says_why(
    rows: Rows, store: IntakeStore, bad: dict[str, Any], type_: str, said: str
) -> None:
    store.record([command(rows.parent, child("bad", **bad), child("good"))])

    ((state, error, finished),) = rows.ask(
        "SELECT state, error, finished_at FROM tasks WHERE id = %s", child_id(rows.parent, "bad")
    )
    assert (state, error["type"], error["source"]) == ("failed", type_, "rejected")
    assert said in error["message"]
    assert finished is not None
    assert rows.ask("SELECT task_id FROM outbox") == [(child_id(rows.parent, "good"),)]
    assert rows.ask("SELECT type FROM task_history") == [("task.failed",)]
    assert rows.count("dead_letters") == 0


def test_an_unknown_kind_is_a_dead_letter_that_can_be_replayed(
    rows: Rows, store: IntakeStore
) -> None:
    for _ in range(2):
        store.record([command(rows.parent, child(kind="films.cut"), child("good"))])

    task = child_id(rows.parent, "a")
    ((state, queue, error),) = rows.ask("SELECT state, queue, error FROM tasks WHERE id = %s", task)
    assert (state, queue, error["type"]) == ("failed", "films.default", "UnknownKind")
    assert rows.ask("SELECT source, task_id, kind FROM dead_letters") == [
        ("unknown_kind", task, "films.cut")
    ]
    assert rows.count("outbox") == 1


def test_another_version_waits_for_its_worker(rows: Rows, store: IntakeStore) -> None:
    store.record([command(rows.parent, child(version=2, payload={"unheard": "of"}))])

    assert rows.ask("SELECT version, queue FROM outbox") == [(2, "mail.default")]


def test_a_unique_key_that_is_taken_makes_a_task_that_says_so(
    rows: Rows, store: IntakeStore
) -> None:
    store.record([command(rows.parent, child("a", unique_key="k"), child("b", unique_key="k"))])

    states = rows.ask("SELECT state, error ->> 'type' FROM tasks WHERE parent_id IS NOT NULL")
    assert sorted(states, key=str) == [("cancelled", "Duplicate"), ("pending", None)]
    assert rows.count("outbox") == rows.count("unique_keys") == 1


def test_of_children_that_want_one_unique_key_the_first_that_was_asked_for_has_it(
    rows: Rows, store: IntakeStore
) -> None:
    # Given children that come together, in another order than that of their ids
    keys = sorted("abcdef", key=lambda key: child_id(rows.parent, key), reverse=True)

    store.record([command(rows.parent, *(child(key, unique_key="k") for key in keys))])

    living = rows.ask("SELECT id FROM tasks WHERE state = 'pending' AND parent_id IS NOT NULL")
    assert living == [(child_id(rows.parent, keys[0]),)]
    ((reasons,),) = rows.ask("SELECT count(*) FROM tasks WHERE error ->> 'type' = 'Duplicate'")
    assert reasons == 5


def test_references_to_artifacts_travel_whole(rows: Rows, store: IntakeStore) -> None:
    reference = ArtifactRef(
        id=new_id(), sha256="0" * 64, size=1, media_type="text/plain", name="a"
    ).model_dump(mode="json")
    store.record([command(rows.parent, child(payload={"enclosure": reference}))])

    ((payload, state),) = rows.ask("SELECT payload, state FROM tasks WHERE parent_id IS NOT NULL")
    assert (payload, state) == ({"enclosure": reference}, "pending")


def test_what_nobody_can_read_or_ask_for_is_kept_with_its_reason(
    rows: Rows, store: IntakeStore
) -> None:
    stranger = new_id()
    store.record(
        [
            b"no json",
            b'{"type": "task.spawn"}',
            command(stranger, child()),
            command(rows.parent, child()),
        ]
    )

    errors = [row[0] for row in rows.ask("SELECT error FROM quarantined_status ORDER BY id")]
    assert len(errors) == 3
    assert str(stranger) in errors[-1]
    assert rows.ask("SELECT DISTINCT queue FROM quarantined_status") == [(INTAKE_QUEUE,)]
    assert rows.children() == 1


@pytest.fixture
def publish(amqp_url: str) -> Iterator[Callable[[bytes], None]]:
    publisher = Publisher(amqp_url, name="test", timeout=20)
    publisher.start()
    yield lambda body: publisher.publish(INTAKE_QUEUE, body).result(20)
    publisher.close(5)


@pytest.fixture
def recorder(database_url: str, amqp_url: str) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Recorders as processes of their own."""
    started: list[subprocess.Popen[bytes]] = []

    def start(code: str = "") -> subprocess.Popen[bytes]:
        settings = {"WARREN_DATABASE_URL": database_url, "WARREN_AMQP_URL": amqp_url}
        program = (
            f"{code}\nimport threading\nfrom gateway.recorder import run_recorder\n"
            "from gateway.recording.config import RecorderSettings\n"
            "run_recorder(RecorderSettings(), threading.Event())"
        )
        started.append(
            subprocess.Popen([sys.executable, "-c", program], env={**os.environ, **settings})
        )
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait(20)


#: Stops right before the ack of a command that is committed.
_STUCK_BEFORE_ACK = """
import signal, os
from warren.messaging.consumer import QueueConsumer
def ack_many(self, deliveries):
    if any(d.queue == "warren.intake" for d in deliveries):
        os.kill(os.getpid(), signal.SIGSTOP)
QueueConsumer.ack_many = ack_many
"""


@pytest.mark.rabbitmq
def test_a_recorder_killed_between_commit_and_ack_doubles_nothing(
    rows: Rows, publish: Callable[[bytes], None], recorder: Callable[..., Any]
) -> None:
    # Given a recorder that has committed a command, and dies before it acks it
    stuck = recorder(_STUCK_BEFORE_ACK)
    publish(command(rows.parent, *(child(str(n)) for n in range(20))))
    eventually(lambda: rows.children() == 20, within=60)
    stuck.send_signal(signal.SIGKILL)
    stuck.wait(20)
    # When another one gets the command again, and one that comes after it
    recorder()
    publish(command(rows.parent, child("last")))
    eventually(lambda: rows.children() == 21, within=60)
    # Then every child is there once
    assert (rows.count("outbox"), rows.count("quarantined_status")) == (21, 0)
