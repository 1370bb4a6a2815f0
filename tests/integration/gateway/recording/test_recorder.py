"""The recorder between a real broker and a real database."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pika
import pytest

from gateway.relay import run_relay
from gateway.relaying.config import RelaySettings
from gateway.schema import migrate
from warren.contracts.status import Status, encode_statuses
from warren.messaging.publisher import Publisher
from warren.messaging.topology import STATUS_QUEUE
from warren.testing.deadline import eventually
from warren.testing.postgres import quick_postgres
from warren.testing.publishing import publish_confirmed

pytestmark = [pytest.mark.rabbitmq, pytest.mark.postgres]


class Reporting:
    """Publishes statuses as workers do."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher

    def __call__(self, *statuses: Status, batch: int = 1) -> None:
        bodies = [
            encode_statuses(list(statuses[i : i + batch])) for i in range(0, len(statuses), batch)
        ]
        publish_confirmed(self._publisher, STATUS_QUEUE, *bodies)


def ready(amqp_url: str) -> int:
    """Statuses that no recorder holds."""
    connection = pika.BlockingConnection(pika.URLParameters(amqp_url))
    try:
        answer = connection.channel().queue_declare(STATUS_QUEUE, passive=True)
        return int(answer.method.message_count)
    finally:
        connection.close()


@pytest.fixture
def report(amqp_url: str) -> Iterator[Reporting]:
    publisher = Publisher(amqp_url, name="test", timeout=20)
    publisher.start()
    yield Reporting(publisher)
    publisher.close(5)


def test_what_is_published_is_recorded(
    report: Any, recording: Any, tasks: Any, statuses: Any
) -> None:
    ids = tasks.dispatched(50)

    with recording():
        report(*map(statuses.processing, ids), *map(statuses.succeeded, ids))
        eventually(
            lambda: tasks.rows("SELECT count(*) FROM tasks WHERE state = 'succeeded'") == [(50,)]
        )


def test_a_recorder_and_a_relay_show_themselves_among_the_processes(
    recording: Any, tasks: Any, database_url: str, amqp_url: str
) -> None:
    stop = threading.Event()
    settings = RelaySettings(database_url=database_url, amqp_url=amqp_url)
    relay = threading.Thread(target=run_relay, args=(settings, stop))
    relay.start()

    with recording():
        eventually(
            lambda: (
                tasks.rows("SELECT name, service FROM workers ORDER BY 1")
                == [("recorder", "api"), ("relay", "api")]
            )
        )
    stop.set()
    relay.join(20)


def test_a_poison_status_holds_nothing_up(
    report: Any, recording: Any, tasks: Any, statuses: Any
) -> None:
    bad, good = tasks.dispatched(2)

    with recording():
        report(statuses.poison(bad), statuses.processing(good))
        eventually(lambda: tasks.row(good)["state"] == "processing")
        eventually(lambda: tasks.rows("SELECT count(*) FROM quarantined_status") == [(1,)])


def test_a_recorder_whose_connection_is_killed_again_and_again_loses_nothing(
    report: Any, recording: Any, tasks: Any, statuses: Any
) -> None:
    ids = tasks.dispatched(300)

    with recording(), recording():
        for start in range(0, 300, 100):
            some = ids[start : start + 100]
            report(*map(statuses.processing, some), *map(statuses.succeeded, some))
            tasks.rows(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND application_name = 'warren-recorder'"
            )
        eventually(
            lambda: tasks.rows("SELECT count(*) FROM tasks WHERE state = 'succeeded'") == [(300,)]
        )
    assert tasks.rows("SELECT count(*) FROM quarantined_status") == [(0,)]


def test_without_a_database_nothing_is_acked(
    report: Any, recording: Any, tasks: Any, statuses: Any, amqp_url: str
) -> None:
    (task,) = tasks.dispatched()
    report(statuses.processing(task))

    # Given a recorder that had the status in its hands, and no database, until it was stopped
    with recording("postgresql://nobody@127.0.0.1:1/nothing"):
        eventually(lambda: ready(amqp_url) == 0)
    assert tasks.row(task)["state"] == "pending"

    # Then the next one gets it
    with recording():
        eventually(lambda: tasks.row(task)["state"] == "processing")


@pytest.mark.slow
def test_a_database_that_is_stopped_and_started_costs_nothing_but_time(
    tmp_path: Path, tasks_in: Any, report: Any, recording: Any, statuses: Any
) -> None:
    server = quick_postgres(tmp_path / "postgres")
    url = server.start()
    try:
        migrate(url)
        with tasks_in(url) as tasks:
            (task,) = tasks.dispatched()
        with recording(url):
            report(statuses.processing(task))
            server.stop()
            report(statuses.succeeded(task))
            server.start()
            with tasks_in(url) as tasks:
                eventually(lambda: tasks.row(task)["state"] == "succeeded")
    finally:
        server.stop()


def test_a_backlog_of_statuses_is_worked_off(
    report: Any,
    recording: Any,
    tasks: Any,
    statuses: Any,
    record_property: Callable[[str, object], None],
) -> None:
    """Measures, asserts no rate: the goal is 8,000 statuses a second on two idle cores."""
    ids = tasks.dispatched(5000)
    waiting = [*map(statuses.processing, ids), *map(statuses.succeeded, ids)]
    report(*waiting, batch=10)

    began = time.monotonic()
    with recording():
        eventually(
            lambda: tasks.rows("SELECT count(*) FROM in_flight") == [(0,)],
            within=60,
        )
        took = time.monotonic() - began

    record_property("statuses_per_second", round(len(waiting) / took))
    assert tasks.rows("SELECT DISTINCT state FROM tasks") == [("succeeded",)]
