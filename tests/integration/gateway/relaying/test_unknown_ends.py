"""A relay that comes to no end between publishing and its commit, and cancellations after it.

Its messages are in the broker and will be run, though their rows of the outbox look unpublished.
"""

from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any
from uuid import UUID

import psycopg
import pytest

from gateway.database_session import DatabaseSession
from gateway.relaying.config import RelaySettings
from gateway.relaying.intents import PublishIntents, forget_old_intents
from gateway.relaying.round import RelayRound
from gateway.tasks.cancellation import cancel_tasks
from warren.contracts.orders import CancelTask, parse_order
from warren.contracts.states import TaskState
from warren.messaging.publisher import Publisher

pytestmark = [pytest.mark.rabbitmq, pytest.mark.postgres]
DYING_BATCH = 3


class CutOff:
    """A publisher that gets every confirm, and then cuts its relay's claim off, as a kill does."""

    def __init__(self, publisher: Publisher, database: Any, count: int = DYING_BATCH) -> None:
        self._publisher = publisher
        self._database = database
        self._left = count
        self.claim = 0

    @property
    def connected(self) -> bool:
        return self._publisher.connected

    def ensure_queue(self, name: str) -> None:
        self._publisher.ensure_queue(name)

    def publish(
        self, routing_key: str, body: bytes, *, message_id: str | None = None
    ) -> "Future[None]":
        future = self._publisher.publish(routing_key, body, message_id=message_id)
        future.result(20)
        self._left -= 1
        if not self._left:
            self._database.execute("SELECT pg_terminate_backend(%s, 10000)", [self.claim])
        return future


class Silent:
    """A broker of which no answer is heard: nobody knows what it has."""

    connected = True

    def ensure_queue(self, name: str) -> None:
        """Every queue exists."""

    def publish(
        self, routing_key: str, body: bytes, *, message_id: str | None = None
    ) -> "Future[None]":
        return Future()


@pytest.fixture
def publisher(amqp_url: str) -> Iterator[Publisher]:
    publisher = Publisher(amqp_url, name="test", timeout=20)
    publisher.start()
    yield publisher
    publisher.close(5)


@pytest.fixture
def session(database_url: str) -> Iterator[DatabaseSession]:
    session = DatabaseSession(database_url, name="test")
    yield session
    session.close()


@pytest.fixture
def make_round(database_url: str) -> Iterator[Any]:
    notes = DatabaseSession(database_url, name="test-intents")

    def make(publisher: Any, **more: Any) -> RelayRound:
        settings = RelaySettings(database_url=database_url, relay_batch=DYING_BATCH, **more)
        return RelayRound(settings, publisher, PublishIntents(notes))

    yield make
    notes.close()


def _die_in_between(
    make_round: Any, publisher: Publisher, session: DatabaseSession, database: Any
) -> None:
    cut_off = CutOff(publisher, database)
    cut_off.claim = session.connection().info.backend_pid
    with pytest.raises(psycopg.OperationalError):
        make_round(cut_off).run(session.connection())
    session.discard()


def _cancel(url: str, tasks: list[UUID]) -> dict[UUID, TaskState]:
    with psycopg.connect(url) as connection:
        return {a.task_id: a.state for a in cancel_tasks(connection, tasks, "key:test")}


def _ordered(database: Any) -> set[UUID]:
    bodies = database.execute("SELECT body FROM publications").fetchall()
    orders = [parse_order(bytes(body)) for (body,) in bodies]
    return {order.task_id for order in orders if isinstance(order, CancelTask)}


def test_what_a_killed_relay_has_published_is_not_called_cancelled_before_a_worker_says_so(
    accept: Any, make_round: Any, publisher: Publisher, session: DatabaseSession, queues: Any,
    database: Any, database_url: str,
) -> None:  # fmt: skip
    # Given a relay that was killed when the broker had three of five tasks, before its commit
    tasks = accept(5)
    _die_in_between(make_round, publisher, session, database)
    ghosts = {message.dispatch.task_id for message in queues.take(3)}
    assert len(ghosts) == DYING_BATCH
    assert database.execute("SELECT count(*) FROM outbox").fetchone() == (5,)

    # When all are cancelled at once
    states = _cancel(database_url, tasks)

    # Then those that a worker may be running are not cancelled yet, and the workers are told
    assert {task for task, state in states.items() if state is TaskState.CANCELLING} == ghosts
    assert {states[task] for task in set(tasks) - ghosts} == {TaskState.CANCELLED}
    assert _ordered(database) == ghosts
    # And these are in custody as published and unstarted, so that the sweeper can end them
    held = database.execute("SELECT task_id, generation, dispatch, started_at FROM in_flight")
    assert {tuple(row) for row in held} == {(task, 1, 1, None) for task in ghosts}
    assert database.execute("SELECT count(*) FROM outbox").fetchone() == (0,)


def test_the_next_relay_settles_what_a_killed_one_left(
    accept: Any, make_round: Any, publisher: Publisher, session: DatabaseSession, queues: Any,
    database: Any,
) -> None:  # fmt: skip
    # Given the rows of a killed relay
    tasks = accept(3)
    _die_in_between(make_round, publisher, session, database)
    assert len(queues.take(3)) == DYING_BATCH

    # When another relay looks
    make_round(publisher).run(session.connection())

    # Then it publishes them, again, and leaves no note of its own
    assert {message.dispatch.task_id for message in queues.take(3)} == set(tasks)
    assert database.execute("SELECT count(*) FROM in_flight").fetchone() == (3,)
    assert database.execute("SELECT count(*) FROM publish_intents").fetchone() == (1,)
    # And the dead relay's note goes when no copy of its messages can come any more
    forget_old_intents(session.connection())
    assert database.execute("SELECT count(*) FROM publish_intents").fetchone() == (1,)
    database.execute("UPDATE publish_intents SET begun_at = now() - interval '16 minutes'")
    forget_old_intents(session.connection())
    assert database.execute("SELECT count(*) FROM publish_intents").fetchone() == (0,)


def test_what_the_broker_has_not_confirmed_may_be_there_all_the_same(
    accept: Any, make_round: Any, session: DatabaseSession, database_url: str
) -> None:
    # Given a relay whose broker did not answer in time
    tasks = accept(2)
    make_round(Silent(), relay_confirm_timeout=0.1).run(session.connection())

    # When its tasks are cancelled, Then that is up to the workers
    assert set(_cancel(database_url, tasks).values()) == {TaskState.CANCELLING}


def test_a_row_that_no_relay_has_claimed_is_cancelled_at_once_and_nobody_is_told(
    accept: Any, make_round: Any, publisher: Publisher, session: DatabaseSession,
    database: Any, database_url: str,
) -> None:  # fmt: skip
    # Given tasks of which a relay has published some, in good order
    tasks = accept(5)
    make_round(publisher).run(session.connection())
    assert database.execute("SELECT count(*) FROM publish_intents").fetchone() == (0,)
    waiting = {row[0] for row in database.execute("SELECT task_id FROM outbox")}

    # When all are cancelled
    states = _cancel(database_url, tasks)

    # Then those that waited are at once, without an order
    assert {task for task, state in states.items() if state is TaskState.CANCELLED} == waiting
    assert _ordered(database) == set(tasks) - waiting
