"""Jobs that ask for others: real workers, broker, recorder and database."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from gateway.recorder import run_recorder
from gateway.recording.config import RecorderSettings
from tests.asking import rows_of
from tests.program import running_program
from warren.contracts.ids import new_id
from warren.contracts.intake import child_id
from warren.contracts.message import Dispatch, JobMessage, JobOptions
from warren.messaging.publisher import Publisher
from warren.testing.deadline import eventually
from warren.testing.publishing import publish_confirmed
from warren.testing.rabbitmq import DisposableNode

pytestmark = [pytest.mark.rabbitmq, pytest.mark.postgres]

in_both = pytest.mark.parametrize("kind", ["asking.thread", "asking.process"])


class System:
    """A database with a recorder, and parents as the gateway accepts them."""

    def __init__(self, database_url: str, amqp_url: str) -> None:
        self._database_url = database_url
        self._amqp_url = amqp_url

    def ask(self, query: Any, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self._database_url, autocommit=True) as connection:
            return rows_of(connection.execute(query, values))

    def begin(self, kind: str, **payload: Any) -> UUID:
        """Accept a task and publish it."""
        dispatch = Dispatch(new_id(), 1, 1)
        customer = new_id()
        self.ask(
            "WITH t AS (INSERT INTO tasks (id, customer_id, actor, kind, version, queue, lane,"
            " payload, state, max_attempts) VALUES (%s, %s, 'key:test', %s, 1, 'asking.default',"
            " 'default', '{}', 'pending', 4)) INSERT INTO in_flight (task_id, generation, dispatch,"
            " queue) VALUES (%s, 1, 1, 'asking.default')",
            dispatch.task_id,
            customer,
            kind,
            dispatch.task_id,
        )
        options = JobOptions(customer_id=customer, attempt=1, version=1)
        message = JobMessage(dispatch, kind, "asking.default", payload, options)
        self._publish(message, str(dispatch))
        return dispatch.task_id

    def _publish(self, message: JobMessage, message_id: str) -> None:
        publisher = Publisher(self._amqp_url, name="test", timeout=20)
        publisher.start()
        try:
            publisher.ensure_queue(message.queue)
            body = message.encode(datetime.now(UTC))
            publish_confirmed(publisher, message.queue, body, message_id=message_id)
        finally:
            publisher.close(5)

    def state(self, task: UUID) -> tuple[str, Any, Any]:
        ((state, result, error),) = self.ask(
            "SELECT state, result, error FROM tasks WHERE id = %s", task
        )
        return state, result, error

    def succeeded(self, task: UUID) -> Any:
        """The result, once it is there."""
        eventually(lambda: self.state(task)[0] in {"succeeded", "failed"}, within=90)
        state, result, error = self.state(task)
        assert state == "succeeded", error
        return result

    def children(self, parent: UUID) -> list[tuple[UUID, int]]:
        return [
            (task, number)
            for task, number in self.ask(
                "SELECT id, (payload ->> 'number')::integer FROM tasks WHERE parent_id = %s"
                " ORDER BY 2",
                parent,
            )
        ]


@pytest.fixture
def system(database_url: str, amqp_url: str) -> Iterator[System]:
    with running_program(
        run_recorder, RecorderSettings(database_url=database_url, amqp_url=amqp_url)
    ):
        yield System(database_url, amqp_url)


@pytest.fixture
def start(start_worker: Any) -> Callable[[], Any]:
    return lambda: start_worker("--concurrency", "2", "--name", "asker", service="asking_worker")


@in_both
def test_each_child_is_known_by_its_number(system: System, start: Any, kind: str) -> None:
    start()
    parent = system.begin(kind, count=20)

    ids = system.succeeded(parent)

    eventually(lambda: len(system.children(parent)) == 20)
    assert [str(task) for task, _ in system.children(parent)] == ids
    assert ids == [str(child_id(parent, f"call:asking.step#{n}")) for n in range(1, 21)]


@in_both
def test_many_children_and_children_of_threads(system: System, start: Any, kind: str) -> None:
    start()
    many = system.begin(kind, count=1100, how="bulk")
    threads = system.begin(kind, count=30, how="in_threads")

    assert len(set(system.succeeded(many))) == 1100
    assert system.succeeded(threads) == [str(child_id(threads, f"key:step {n}")) for n in range(30)]
    eventually(lambda: len(system.children(many)) == 1100)
    eventually(lambda: len(system.children(threads)) == 30)


@in_both
def test_a_parent_that_is_killed_amid_100_children_has_exactly_100(
    system: System, start: Any, kind: str, folder: Path
) -> None:
    # Given a parent that has asked for 40 of its children
    worker = start()
    parent = system.begin(kind, count=100, hang_at=40)
    eventually((folder / f"{parent}.hung").exists, within=60)
    eventually(lambda: len(system.children(parent)) == 40, within=60)
    # When its worker is killed, and another one runs it again
    worker.kill()
    start()
    ids = system.succeeded(parent)
    # Then it has each of them once
    eventually(lambda: len(system.children(parent)) == 100)
    children = system.children(parent)
    assert [number for _, number in children] == list(range(100))
    assert [str(task) for task, _ in children] == ids
    assert system.ask("SELECT count(*) FROM quarantined_status") == [(0,)]


@in_both
@pytest.mark.parametrize(
    ("how", "type_", "source"),
    [("wait", "WaitInsideJob", "permanent"), ("wrong", "InvalidJob", "rejected")],
)
def test_what_a_job_may_not_do_fails_it(
    system: System, start: Any, kind: str, how: str, type_: str, source: str
) -> None:
    start()
    parent = system.begin(kind, how=how)

    eventually(lambda: system.state(parent)[0] == "failed", within=60)

    error = system.state(parent)[2]
    assert (error["type"], error["source"]) == (type_, source)


@in_both
def test_children_are_asked_for_again_after_an_outage_of_the_broker(
    database_url: str,
    rabbitmq_node: DisposableNode,
    own_amqp_url: str,
    start_worker: Any,
    kind: str,
) -> None:
    # Given a parent amid its fan-out, when the broker dies and comes back
    with running_program(
        run_recorder, RecorderSettings(database_url=database_url, amqp_url=own_amqp_url)
    ):
        system = System(database_url, own_amqp_url)
        start_worker("--concurrency", "2", service="asking_worker", WARREN_AMQP_URL=own_amqp_url)
        eventually(lambda: system.ask("SELECT 1 FROM job_kinds WHERE kind = %s", kind), within=60)
        parent = system.begin(kind, count=1000)
        eventually(lambda: len(system.children(parent)) > 50, within=60)
        rabbitmq_node.kill()
        rabbitmq_node.start()
        # Then it has all of its children, once
        ids = system.succeeded(parent)
        eventually(lambda: len(system.children(parent)) == 1000, within=60)
        assert [str(task) for task, _ in system.children(parent)] == ids
