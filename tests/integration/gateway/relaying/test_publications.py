"""What is no job goes to the broker too, and only once it is there its row goes."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from warren.contracts.ids import new_id
from warren.messaging.cancel_stream import CancelStream
from warren.messaging.topology import CANCELS_STREAM, EVENTS_EXCHANGE
from warren.testing.deadline import eventually

pytestmark = [pytest.mark.postgres, pytest.mark.rabbitmq]

_INSERT = "INSERT INTO publications (id, exchange, routing_key, body) VALUES (%s, %s, %s, %s)"


def _publish(
    database: psycopg.Connection[Any], body: bytes, key: str = CANCELS_STREAM, exchange: str = ""
) -> None:
    with database.transaction():
        database.execute(_INSERT, [new_id(), exchange, key, body])
        database.execute("SELECT pg_notify('warren_publications', '')")


def test_orders_reach_the_stream_in_order_and_their_rows_go(
    database: psycopg.Connection[Any],
    relaying: Callable[..., Any],
    amqp_url: str,
    number: Callable[[str], int],
) -> None:
    # Given orders that were given while no relay ran
    bodies = [b"%d" % n for n in range(50)]
    for body in bodies:
        _publish(database, body)
    seen: list[bytes] = []
    stream = CancelStream(amqp_url, seen.append, name="test")
    stream.start()
    try:
        # When one does
        with relaying(amqp_url):
            # Then workers read them, and none is left
            eventually(lambda: seen == bodies)
            eventually(lambda: number("SELECT count(*) FROM publications") == 0)
            # And a new one does not wait for the next poll
            _publish(database, b"more")
            eventually(lambda: seen[-1] == b"more", within=5.0)
    finally:
        stream.close(5)


def test_what_the_broker_does_not_take_waits_and_holds_up_no_job(
    database: psycopg.Connection[Any],
    relaying: Callable[..., Any],
    accept: Callable[..., Any],
    queues: Any,
    amqp_url: str,
    number: Callable[[str], int],
) -> None:
    # Given a message to an exchange that is not there, and a job
    _publish(database, b"x", exchange="test.missing")
    accept(3)
    # When a relay runs
    with relaying(amqp_url):
        # Then the jobs are published
        assert len(queues.take(3)) == 3
        eventually(lambda: number("SELECT count(*) FROM outbox") == 0)
        assert number("SELECT count(*) FROM publications") == 1
        # And so is the message, once its exchange is there
        queues.channel.exchange_declare("test.missing", "fanout")
        answer = queues.channel.queue_declare("", exclusive=True)
        queues.channel.queue_bind(answer.method.queue, "test.missing")
        eventually(lambda: number("SELECT count(*) FROM publications") == 0)


def test_an_event_reaches_whoever_has_bound_a_queue_and_needs_nobody(
    database: psycopg.Connection[Any],
    relaying: Callable[..., Any],
    queues: Any,
    amqp_url: str,
    number: Callable[[str], int],
) -> None:
    # Given events of two types, and a consumer outside that wants those of one
    insert = (
        "INSERT INTO publications (id, exchange, routing_key, body, mandatory)"
        " VALUES (%s, %s, %s, %s, false)"
    )
    channel = queues.channel
    channel.exchange_declare(EVENTS_EXCHANGE, "topic", durable=True)
    mine = channel.queue_declare("", exclusive=True).method.queue
    channel.queue_bind(mine, EVENTS_EXCHANGE, "book.#")
    for event_type in ("book.processed.v1", "image.made.v1"):
        database.execute(insert, [new_id(), EVENTS_EXCHANGE, event_type, event_type.encode()])
    # When a relay runs
    with relaying(amqp_url):
        # Then both rows go, and it gets the one
        eventually(lambda: number("SELECT count(*) FROM publications") == 0)
    assert channel.basic_get(mine, auto_ack=True)[2] == b"book.processed.v1"
    assert channel.basic_get(mine, auto_ack=True)[2] is None
