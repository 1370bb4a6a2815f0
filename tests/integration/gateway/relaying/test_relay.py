"""Rows become messages, once the broker has confirmed them, within each queue's window."""

import threading
import time
from typing import Any
from uuid import UUID

import psycopg
import pytest

from gateway.relay import run_relay
from gateway.relaying.config import RelaySettings
from warren.contracts.lanes import Lane
from warren.contracts.message import Dispatch
from warren.testing.deadline import eventually
from warren.testing.rabbitmq import write_registers

pytestmark = [pytest.mark.rabbitmq, pytest.mark.postgres]


def test_a_row_becomes_a_message_as_workers_read_it(
    amqp_url: str, accept: Any, relaying: Any, queues: Any, number: Any
) -> None:
    with relaying(amqp_url):
        (task,) = accept()
        (message,) = queues.take(1)
        eventually(lambda: number("SELECT count(*) FROM in_flight") == 1)

    assert message.dispatch == Dispatch(task, 1, 1)
    assert (message.kind, message.queue, message.payload) == (
        "test.echo",
        "test.default",
        {"text": "é"},
    )
    assert (message.options.version, message.options.attempt) == (1, 1)
    assert message.options.lane is Lane.DEFAULT
    assert message.options.traceparent == "00-abc-def-01"
    assert number("SELECT count(*) FROM outbox") == 0
    assert number("SELECT count(*) FROM in_flight WHERE started_at IS NULL") == 1


def test_an_idle_relay_is_woken_by_the_commit(
    amqp_url: str, accept: Any, relaying: Any, queues: Any
) -> None:
    with relaying(amqp_url, relay_poll=10):
        accept()
        queues.take(1)  # the relay is connected, and waits now
        began = time.monotonic()
        accept()
        queues.take(1)

        assert time.monotonic() - began < 8


def test_a_row_waits_until_it_is_due(
    amqp_url: str, accept: Any, relaying: Any, queues: Any
) -> None:
    with relaying(amqp_url):
        began = time.monotonic()
        accept(delay=0.7)
        accept()
        queues.take(2)

    assert time.monotonic() - began >= 0.7


def test_no_more_than_the_window_is_in_the_broker(
    amqp_url: str,
    accept: Any,
    relaying: Any,
    queues: Any,
    number: Any,
    database: Any,
    next_rounds: Any,
) -> None:
    accept(100)

    with relaying(amqp_url, window_least=16):
        eventually(lambda: queues.length() == 16)
        next_rounds()
        assert queues.length() == 16
        assert number("SELECT count(*) FROM outbox") == 84

        # When 10 have started there is room for 10 more, or for two seconds of such work.
        database.execute(
            "UPDATE in_flight SET started_at = now() WHERE task_id IN"
            " (SELECT task_id FROM in_flight LIMIT 10)"
        )
        eventually(lambda: queues.length() >= 26)
        eventually(lambda: number("SELECT count(*) FROM in_flight WHERE started_at IS NULL") >= 16)


def test_the_window_is_twice_the_slots_of_live_workers(
    amqp_url: str, accept: Any, relaying: Any, queues: Any, database: Any, next_rounds: Any
) -> None:
    database.execute(
        """INSERT INTO workers SELECT i, i, 'test', now(), now() - make_interval(mins => m),
            '{"queues": ["test.default", "test.low"], "slots_total": 20}'
        FROM (VALUES ('a', 0), ('b', 0), ('dead', 1)) live (i, m)"""
    )
    accept(100)

    with relaying(amqp_url):
        eventually(lambda: queues.length() == 80)
        next_rounds()
        assert queues.length() == 80


def test_a_full_window_of_one_queue_does_not_hold_up_another(
    amqp_url: str, accept: Any, relaying: Any, queues: Any
) -> None:
    accept(50)

    with relaying(amqp_url):
        accept(queue="test.critical")
        queues.take(16)
        assert len(queues.take(1, queue="test.critical")) == 1


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE tasks SET state = 'cancelled'",
        "UPDATE tasks SET generation = 2",
        "UPDATE tasks SET rank = 1",
        "DELETE FROM tasks",
    ],
)
def test_rows_that_nobody_needs_are_dropped(
    change: Any, amqp_url: str, accept: Any, relaying: Any, queues: Any, number: Any, database: Any,
) -> None:  # fmt: skip
    accept(3)
    database.execute(change)

    with relaying(amqp_url):
        eventually(lambda: number("SELECT count(*) FROM outbox") == 0)

    assert number("SELECT count(*) FROM in_flight") == 0
    assert queues.length() == 0


def test_a_row_that_makes_no_message_does_not_hold_up_its_neighbours(
    amqp_url: str, accept: Any, relaying: Any, queues: Any, number: Any, database: Any
) -> None:
    bad, good = accept(2)
    database.execute("UPDATE tasks SET lane = 'nonsense' WHERE id = %s", [bad])

    with relaying(amqp_url):
        (message,) = queues.take(1)

    assert message.dispatch.task_id == good
    assert number("SELECT count(*) FROM outbox WHERE available_at > now()") == 1


def test_tasks_that_cannot_be_read_do_not_hold_up_their_neighbours(
    amqp_url: str, accept: Any, relaying: Any, queues: Any, number: Any, database: Any, capfd: Any
) -> None:
    # Given tasks of one queue, two of which no datetime and no JSON reader can hold
    late, *good, huge = accept(7)
    database.execute("UPDATE tasks SET expires_at = '10000-01-01Z' WHERE id = %s", [late])
    database.execute("UPDATE tasks SET payload = '{\"a\": 1e999}' WHERE id = %s", [huge])

    # When a relay runs
    with relaying(amqp_url):
        messages = queues.take(5)
        # Then the queue of the bad ones goes on, too
        (later,) = accept()
        assert queues.take(1)[0].dispatch.task_id == later

    # And these wait, each named in the log, which speaks of no outage
    assert {message.dispatch.task_id for message in messages} == set(good)
    assert number("SELECT count(*) FROM outbox WHERE available_at > now() + '50 s'") == 2
    logged = capfd.readouterr()
    assert all(str(task) in logged.out + logged.err for task in (late, huge))
    assert "the database cannot be used" not in logged.out + logged.err


def test_a_later_dispatch_takes_over_custody(
    amqp_url: str, accept: Any, relaying: Any, queues: Any, database: Any
) -> None:
    (task,) = accept()
    database.execute(
        "INSERT INTO in_flight (task_id, generation, dispatch, queue, started_at)"
        " VALUES (%s, 1, 1, 'test.default', now())",
        [task],
    )
    database.execute("UPDATE outbox SET dispatch = 2")

    with relaying(amqp_url):
        queues.take(1)
        held = eventually(
            lambda: database.execute("SELECT 1 FROM in_flight WHERE dispatch = 2").fetchone()
        )

    assert held
    row = database.execute("SELECT started_at FROM in_flight").fetchone()
    assert row == (None,)


def test_two_relays_share_the_rows_and_publish_each_once(
    amqp_url: str, accept: Any, relaying: Any, queues: Any, number: Any
) -> None:
    accept(3000)

    with (
        relaying(amqp_url, relay_batch=100, window_least=5000),
        relaying(amqp_url, relay_batch=100, window_least=5000),
    ):
        eventually(lambda: number("SELECT count(*) FROM in_flight") == 3000)

    assert queues.length() == 3000
    assert len(queues.take(3000)) == 3000


def test_a_broker_that_is_killed_midway_loses_nothing(
    own_amqp_url: str, rabbitmq_node: Any, accept: Any, relaying: Any, looking: Any, number: Any,
) -> None:  # fmt: skip
    with relaying(own_amqp_url, relay_batch=100, window_least=5000, relay_confirm_timeout=3):
        accept()
        with looking(own_amqp_url) as queues:
            queues.take(1)
        write_registers(rabbitmq_node)
        tasks = set(accept(2000))
        eventually(lambda: number("SELECT count(*) FROM in_flight") >= 300)
        rabbitmq_node.kill()
        accepted_meanwhile = set(accept(100))
        rabbitmq_node.start()
        # It goes on within seconds; the time is for a machine that has other things to do.
        eventually(lambda: number("SELECT count(*) FROM outbox") == 0, within=30)
        with looking(own_amqp_url) as queues_again:
            messages = queues_again.take(2100)

    assert {m.dispatch.task_id for m in messages} == tasks | accepted_meanwhile


def test_a_relay_whose_database_connections_are_killed_goes_on(
    amqp_url: str, accept: Any, relaying: Any, queues: Any, database: Any
) -> None:
    with relaying(amqp_url):
        accept()
        queues.take(1)
        database.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name LIKE 'warren-relay%'"
        )
        accept()
        assert len(queues.take(1)) == 1


def test_rows_of_a_frozen_relay_are_not_touched_until_its_session_ends(
    amqp_url: str, accept: Any, relaying: Any, queues: Any, number: Any, database_url: str
) -> None:
    accept(2)
    with psycopg.connect(database_url, connect_timeout=10) as frozen:
        frozen.execute("SELECT 1 FROM outbox LIMIT 1 FOR UPDATE")
        with relaying(amqp_url):
            queues.take(1)
            assert number("SELECT count(*) FROM outbox") >= 1
            frozen.rollback()
            queues.take(1)


def test_an_idle_relay_asks_the_database_a_few_times_a_second(
    amqp_url: str, accept: Any, relaying: Any, queues: Any, database: Any
) -> None:
    def asked() -> int:
        row = database.execute(
            "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
        ).fetchone()
        return int(row[0])

    def asked_in_three_seconds() -> int:
        before = asked()
        threading.Event().wait(3)  # a rate is measured, so it takes its time
        return asked() - before

    with relaying(amqp_url):
        accept()
        queues.take(1)

        # A look for jobs each second, one for other messages in five, and what we asked ourselves.
        # What the server does for itself (it counts late, and vacuums) counts only now and then.
        eventually(lambda: asked_in_three_seconds() <= 8)


def test_a_relay_that_was_told_to_stop_stops_soon(amqp_url: str, database_url: str) -> None:
    stop = threading.Event()
    settings = RelaySettings(database_url=database_url, amqp_url=amqp_url)
    thread = threading.Thread(target=run_relay, args=(settings, stop))
    thread.start()

    stop.set()
    thread.join(10)

    assert not thread.is_alive()


def test_without_a_broker_rows_stay(accept: Any, relaying: Any, number: Any, capfd: Any) -> None:
    tasks: list[UUID] = accept(5)
    said: list[str] = []

    def reported() -> bool:
        said.append(capfd.readouterr().out)
        return "the broker cannot be used" in "".join(said)

    with relaying("amqp://guest:guest@127.0.0.1:1/%2F"):
        eventually(reported)

    assert number("SELECT count(*) FROM outbox") == len(tasks)
