"""A relay on real servers, tasks to relay, and a look into the queues."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any
from uuid import UUID

import pika
import psycopg
import pytest

from gateway.relay import run_relay
from gateway.relaying.config import RelaySettings
from tests.program import running_program
from warren.contracts.ids import new_id
from warren.contracts.message import JobMessage
from warren.messaging.topology import declare_job_queue, declare_topology
from warren.testing.deadline import eventually

CUSTOMER = new_id()
QUEUE = "test.default"

_ACCEPT = """
WITH accepted AS (
    INSERT INTO tasks (id, customer_id, actor, kind, version, queue, lane, payload, state,
        max_attempts, traceparent)
    SELECT id, %(customer)s, 'key:test', 'test.echo', 1, %(queue)s, 'default', '{"text": "é"}',
        'pending', 4, '00-abc-def-01'
    FROM unnest(%(ids)s::uuid[]) id
)
INSERT INTO outbox (task_id, generation, dispatch, attempt, kind, version, queue, customer_id,
    available_at)
SELECT id, 1, 1, 1, 'test.echo', 1, %(queue)s, %(customer)s, now()
    + make_interval(secs => %(delay)s)
FROM unnest(%(ids)s::uuid[]) id
"""


@pytest.fixture
def database(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(database_url, autocommit=True, connect_timeout=10) as connection:
        yield connection


class Accepting:
    """What the gateway does in the transaction that accepts tasks."""

    def __init__(self, database: psycopg.Connection[Any]) -> None:
        self._database = database

    def __call__(self, count: int = 1, *, queue: str = QUEUE, delay: float = 0.0) -> list[UUID]:
        ids = [new_id() for _ in range(count)]
        with self._database.transaction():
            self._database.execute(
                _ACCEPT, {"ids": ids, "customer": CUSTOMER, "queue": queue, "delay": delay}
            )
            self._database.execute("SELECT pg_notify('warren_outbox', '')")
        return ids


@pytest.fixture
def accept(database: psycopg.Connection[Any]) -> Accepting:
    return Accepting(database)


Relaying = Callable[..., AbstractContextManager[None]]


@pytest.fixture
def relaying(database_url: str) -> Relaying:
    @contextmanager
    def run(amqp_url: str, **more: Any) -> Iterator[None]:
        settings = RelaySettings(database_url=database_url, amqp_url=amqp_url, **more)
        with running_program(run_relay, settings):
            yield

    return run


class Queues:
    """A look into the broker's queues, which takes what it sees."""

    def __init__(self, channel: Any) -> None:
        self.channel = channel

    def take(self, count: int, queue: str = QUEUE, timeout: float = 20.0) -> list[JobMessage]:
        """Consume until `count` different messages are there."""
        deadline = time.monotonic() + timeout
        taken: dict[str, JobMessage] = {}
        self.channel.basic_qos(prefetch_count=500)
        for method, _properties, body in self.channel.consume(queue, inactivity_timeout=0.05):
            assert time.monotonic() < deadline, f"{len(taken)} of {count} messages came"
            if method is None:
                continue
            message = JobMessage.decode(body)
            taken[str(message.dispatch)] = message
            self.channel.basic_ack(method.delivery_tag)
            if len(taken) == count:
                break
        self.channel.cancel()
        return list(taken.values())

    def length(self, queue: str = QUEUE) -> int:
        """Messages that are ready in the queue."""
        answer = self.channel.queue_declare(queue, passive=True)
        return int(answer.method.message_count)


Looking = Callable[[str], AbstractContextManager[Queues]]


@pytest.fixture
def looking() -> Looking:
    @contextmanager
    def look(amqp_url: str) -> Iterator[Queues]:
        connection = pika.BlockingConnection(pika.URLParameters(amqp_url))
        try:
            channel = connection.channel()
            declare_topology(channel)
            declare_job_queue(channel, QUEUE)
            yield Queues(channel)
        finally:
            connection.close()

    return look


@pytest.fixture
def queues(amqp_url: str, looking: Looking) -> Iterator[Queues]:
    with looking(amqp_url) as seen:
        yield seen


Number = Callable[[str], int]


@pytest.fixture
def number(database: psycopg.Connection[Any]) -> Number:
    """The single number that a query yields."""

    def query(text: str) -> int:
        row = database.execute(text).fetchone()
        assert row is not None
        return int(row[0])

    return query


@pytest.fixture
def next_rounds(accept: Accepting, number: Number) -> Callable[[], None]:
    """Return when relays have looked at all queues again.

    A round serves the low lane last: what is published there shows that the others had their turn.
    """

    def wait() -> None:
        for _ in range(2):
            (marker,) = accept(queue="test.low")
            query = f"SELECT count(*) FROM in_flight WHERE task_id = '{marker}'"  # noqa: S608
            eventually(partial(number, query))

    return wait
