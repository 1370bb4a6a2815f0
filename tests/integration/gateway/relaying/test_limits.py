"""Limits hold over all relays; what they hold back waits as rows, out of the others' way."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from psycopg.types.json import Jsonb

from gateway.limits.admission import forget_full_buckets
from warren.contracts.ids import new_id
from warren.testing.deadline import eventually

pytestmark = [pytest.mark.rabbitmq, pytest.mark.postgres]

_TASKS = """
INSERT INTO tasks (id, customer_id, actor, kind, version, queue, lane, payload, state,
    max_attempts, limit_key)
SELECT id, %(customer)s, 'key:test', %(kind)s, 1, 'test.default', 'default', '{}', 'pending', 4,
    %(limit)s FROM unnest(%(ids)s::uuid[]) id
"""
_OUTBOX = """
INSERT INTO outbox (task_id, generation, dispatch, attempt, kind, version, queue, customer_id)
SELECT id, 1, 1, 1, kind, 1, queue, customer_id FROM tasks WHERE id = ANY (%(ids)s)
"""
Submit = Callable[..., list[UUID]]


@pytest.fixture
def announce(database: Any) -> Callable[..., None]:
    def insert(kind: str, **limits: Any) -> None:
        database.execute(
            "INSERT INTO job_kinds (kind, version, service, release, definition)"
            " VALUES (%s, 1, 'test', '1', %s)",
            [kind, Jsonb(limits)],
        )

    return insert


@pytest.fixture
def submit(database: Any) -> Submit:
    def insert(count: int, kind: str, limit: str = "", customer: UUID | None = None) -> list[UUID]:
        ids = [new_id() for _ in range(count)]
        values = {"ids": ids, "kind": kind, "limit": limit, "customer": customer or UUID(int=1)}
        with database.transaction():
            database.execute(_TASKS, values)
            database.execute(_OUTBOX, values)
            database.execute("SELECT pg_notify('warren_outbox', '')")
        return ids

    return insert


def _start(database: Any, task: UUID) -> float:
    """Let a worker have started it; the database's time in seconds."""
    query = "UPDATE in_flight SET started_at = now() WHERE task_id = %s RETURNING started_at"
    (started_at,) = database.execute(query, [task]).fetchone()
    return float(started_at.timestamp())


def _end(database: Any, task: UUID) -> None:
    database.execute("DELETE FROM in_flight WHERE task_id = %s", [task])
    database.execute("SELECT pg_notify('warren_outbox', '')")


def test_three_relays_keep_one_rate(
    amqp_url: str, relaying: Any, queues: Any, database: Any, announce: Any, submit: Submit,
) -> None:  # fmt: skip
    # Given 20 a second with a burst of 5, and more than three seconds of work
    announce("test.slow", rate_limit="20/s", burst=5)
    submit(70, "test.slow", "test.slow:\x1f")
    # When three relays publish, and a worker starts each message as it comes
    starts: list[float] = []
    with ExitStack() as relays:
        for _ in range(3):
            relays.enter_context(relaying(amqp_url))
        for _ in range(70):
            (message,) = queues.take(1)
            eventually(partial(_is_published, database, message.dispatch.task_id))
            starts.append(_start(database, message.dispatch.task_id))
    # Then no second has more starts than limit and burst, and the rate is nearly reached (half of
    # it at least, where others keep the machine busy)
    for begin in starts:
        assert sum(begin <= moment < begin + 1 for moment in starts) <= 25
    assert 69 / (starts[-1] - starts[0]) > 8


def _is_published(database: Any, task: UUID) -> bool:
    row = database.execute("SELECT 1 FROM in_flight WHERE task_id = %s", [task]).fetchone()
    return row is not None


def test_no_more_than_the_burst_is_unstarted_in_the_broker(
    amqp_url: str, relaying: Any, queues: Any, number: Any, announce: Any, submit: Submit,
    next_rounds: Any,
) -> None:  # fmt: skip
    announce("test.slow", rate_limit="100/s", burst=3)
    submit(20, "test.slow", "test.slow:\x1f")

    with relaying(amqp_url), relaying(amqp_url):
        eventually(lambda: queues.length() == 3)
        next_rounds()
        assert queues.length() == 3

    assert number("SELECT count(*) FROM outbox") == 17
    assert number("SELECT max(attempt) FROM outbox") == 1


def test_each_key_has_a_rate_of_its_own(
    amqp_url: str, relaying: Any, queues: Any, number: Any, announce: Any, submit: Submit,
) -> None:  # fmt: skip
    announce("test.slow", rate_limit="1/h", burst=1, limit_key="{customer_id}")
    for key in "abc":
        submit(5, "test.slow", f"test.slow:{key}\x1f")

    with relaying(amqp_url):
        eventually(lambda: queues.length() == 3)

    assert number("SELECT count(DISTINCT limit_key) FROM in_flight") == 3


def test_kinds_of_one_group_share_a_rate(
    amqp_url: str, relaying: Any, queues: Any, number: Any, announce: Any, submit: Submit,
) -> None:  # fmt: skip
    for kind in ("test.slow", "test.other"):
        announce(kind, rate_limit="1/h", burst=3, rate_group="chatbot")
        submit(5, kind, "chatbot:\x1f")

    with relaying(amqp_url):
        eventually(lambda: queues.length() == 3)
        submit(1, "test.free")
        eventually(lambda: queues.length() == 4)

    assert number("SELECT count(*) FROM outbox") == 7


def test_one_at_a_time_of_a_key_runs_and_others_pass_by(
    amqp_url: str, relaying: Any, queues: Any, database: Any, announce: Any, submit: Submit,
    next_rounds: Any,
) -> None:  # fmt: skip
    # Given three tasks of one document, then one of another, then one without limits
    announce("test.exclusive", concurrency_key="{payload.document}")
    same = submit(3, "test.exclusive", "\x1ftest.exclusive:d1")
    other = submit(1, "test.exclusive", "\x1ftest.exclusive:d2")
    free = submit(1, "test.echo")
    # When two relays publish that rarely look without being asked to
    with relaying(amqp_url, relay_poll=10), relaying(amqp_url, relay_poll=10):
        taken = {message.dispatch.task_id for message in queues.take(3)}
        # Then one of each document is there, and the task without limits
        assert taken == {same[0], *other, *free}
        eventually(lambda: _is_published(database, same[0]))
        _start(database, same[0])
        next_rounds()
        assert queues.length() == 0
        # And each end brings the next, at once
        for ended, following in ((same[0], same[1]), (same[1], same[2])):
            eventually(partial(_is_published, database, ended))
            _end(database, ended)
            began = time.monotonic()
            (message,) = queues.take(1)
            assert message.dispatch.task_id == following
            assert time.monotonic() - began < 8


def test_as_many_at_a_time_as_the_kind_says(
    amqp_url: str, relaying: Any, queues: Any, announce: Any, submit: Submit, next_rounds: Any
) -> None:
    announce("test.exclusive", concurrency_key="", concurrency_limit=4)
    submit(10, "test.exclusive", "\x1ftest.exclusive:")

    with relaying(amqp_url), relaying(amqp_url), relaying(amqp_url):
        eventually(lambda: queues.length() == 4)
        next_rounds()
        assert queues.length() == 4


def test_a_task_that_is_issued_again_is_not_held_up_by_itself(
    amqp_url: str, relaying: Any, queues: Any, database: Any, announce: Any, submit: Submit
) -> None:
    # Given a lost dispatch that the sweeper has issued again
    announce("test.exclusive", concurrency_key="")
    (task,) = submit(1, "test.exclusive", "\x1ftest.exclusive:")
    database.execute("UPDATE outbox SET dispatch = 2")
    database.execute(
        "INSERT INTO in_flight (task_id, generation, dispatch, queue, limit_key)"
        " VALUES (%s, 1, 1, 'test.default', %s)",
        [task, "\x1ftest.exclusive:"],
    )
    # When it is published, then its earlier dispatch does not count
    with relaying(amqp_url):
        (message,) = queues.take(1)

    assert message.dispatch.dispatch == 2


def test_limits_of_a_kind_that_has_none_any_more_do_not_hold(
    amqp_url: str, relaying: Any, queues: Any, announce: Any, submit: Submit
) -> None:
    announce("test.slow")
    submit(5, "test.slow", "test.slow:\x1ftest.slow:")

    with relaying(amqp_url):
        assert len(queues.take(5)) == 5


def test_callers_share_a_window_by_weight(
    amqp_url: str, relaying: Any, queues: Any, database: Any, submit: Submit
) -> None:
    # Given a caller with many rows, and one with three times its weight that came later
    light, heavy = UUID(int=1), UUID(int=2)
    database.execute(
        "INSERT INTO customers (id, name, weight) VALUES (%s, 'l', 1), (%s, 'h', 3)", [light, heavy]
    )
    submit(300, "test.echo", customer=light)
    submit(300, "test.echo", customer=heavy)
    # When a window of 16 is published
    with relaying(amqp_url, window_least=16):
        eventually(lambda: queues.length() == 16)
    # Then it is divided by weight, and taken in turns
    owners = [message.options.customer_id for message in queues.take(16)]
    assert owners.count(heavy) == 12
    assert 2 <= owners[:8].count(light) <= 3


def test_a_paused_queue_is_left_alone_until_it_is_resumed(
    amqp_url: str, relaying: Any, queues: Any, database: Any, submit: Submit, next_rounds: Any
) -> None:
    database.execute("INSERT INTO queue_controls VALUES ('test.default', now(), 'key:test')")
    submit(3, "test.echo")

    with relaying(amqp_url, relay_poll=10):
        next_rounds()
        assert queues.length() == 0
        database.execute("DELETE FROM queue_controls")
        database.execute("SELECT pg_notify('warren_outbox', '')")
        assert len(queues.take(3, timeout=8)) == 3


def test_buckets_that_are_full_again_are_forgotten(database: Any) -> None:
    database.execute(
        "INSERT INTO rate_limits VALUES ('old', 1, now(), 0, now() - interval '1 hour'),"
        " ('new', 0, now(), 1, now() + interval '1 hour')"
    )

    forget_full_buckets(database)

    assert database.execute("SELECT bucket FROM rate_limits").fetchall() == [("new",)]
