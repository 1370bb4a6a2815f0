"""How things stand in the database, read again and again for Prometheus.

Every housekeeper tells the same numbers, so that dashboards take the largest.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event
from typing import Any, LiteralString

import psycopg
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from psycopg import Connection
from psycopg.rows import dict_row

from gateway.catalogue.statistics import (
    CatalogueNumbers,
    catalogue_backlog,
    catalogue_numbers,
)
from gateway.database_session import DatabaseSession
from gateway.housekeeping.aside import running_aside
from gateway.outage import Outage
from gateway.queues.overview import OVERVIEW
from gateway.reconciling.statistics import SyncNumbers, sync_backlog, sync_numbers
from gateway.tasks.measures import accepted_at

#: Seconds between two looks, and how many times what the last one took they are apart at least.
_INTERVAL, _PATIENCE = 10.0, 10.0
#: Seconds after which numbers that could not be read again are told no more.
_BELIEVED = 90.0
_OLDEST: LiteralString = """
SELECT id FROM (
    (SELECT task_id AS id FROM outbox WHERE available_at <= now() ORDER BY task_id LIMIT 1)
    UNION ALL (SELECT task_id FROM in_flight ORDER BY task_id LIMIT 1)
) ids ORDER BY id LIMIT 1
"""
_LETTERS = "SELECT source, count(*) FROM dead_letters WHERE resolution IS NULL GROUP BY source"
_WORKERS = """
SELECT service, count(*) FROM workers WHERE beat_at > now() - interval '30 seconds' GROUP BY 1
"""
_ALERTS = "SELECT name, count(*) FROM alerts WHERE cleared_at IS NULL GROUP BY name"
_NOW = "SELECT extract(epoch FROM clock_timestamp())::double precision"


@dataclass(frozen=True, slots=True)
class Reading:
    """All numbers of one look."""

    families: list[GaugeMetricFamily]
    read_at: float


class DatabaseGauges(Collector):
    """Tells the last look; nothing of it once that is too old, but that the database is away."""

    def __init__(
        self, session: DatabaseSession, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._session = session
        self._clock = clock
        self._last: Reading | None = None
        self._database = Outage("the database")

    def describe(self) -> Iterable[GaugeMetricFamily]:
        return []

    def collect(self) -> Iterable[GaugeMetricFamily]:
        last = self._last
        fresh = last is not None and self._clock() - last.read_at < _BELIEVED
        up = GaugeMetricFamily(
            "warren_database_up", "Whether the database has answered lately", value=float(fresh)
        )
        return [up, *(last.families if last is not None and fresh else [])]

    def run(self, stop: Event) -> None:
        """Look until told to stop; waits out a database that is away."""
        while not stop.is_set():
            began = self._clock()
            try:
                self.look()
            except psycopg.Error as error:
                self._session.discard()
                stop.wait(self._database.failed(error))
                continue
            self._database.over()
            stop.wait(max(_INTERVAL, _PATIENCE * (self._clock() - began)))

    def look(self) -> None:
        """Read everything once; raises psycopg.Error."""
        families = list(_families(self._session.connection()))
        self._last = Reading(families, self._clock())


@contextmanager
def telling_gauges(url: str, registry: CollectorRegistry, stop: Event) -> Iterator[None]:
    """Look in a thread of its own, so that no long statement keeps the sweeper waiting."""

    def run(session: DatabaseSession) -> None:
        gauges = DatabaseGauges(session)
        registry.register(gauges)
        gauges.run(stop)

    with running_aside(url, "gauges", stop, run):
        yield


def _families(connection: Connection[Any]) -> Iterator[GaugeMetricFamily]:
    yield from _queues(connection)
    yield _oldest_task(connection)
    yield _counted(connection, _LETTERS, "warren_dead_letters_open", "Not resolved yet", "source")
    yield _counted(connection, _WORKERS, "warren_workers", "Processes that beat", "service")
    yield _counted(connection, _ALERTS, "warren_alerts_open", "Alerts that stand", "name")
    yield from _backlogs(connection)


def _queues(connection: Connection[Any]) -> Iterator[GaugeMetricFamily]:
    tasks = _family("warren_queue_tasks", "Tasks by where they are", "queue", "state")
    oldest = _family("warren_queue_oldest_due_seconds", "Age of the oldest due row", "queue")
    slots = _family("warren_queue_slots", "Slots of live workers that serve it", "queue")
    paused = _family("warren_queue_paused", "1 if an operator has paused it", "queue")
    due, delayed, age = 0, 0, 0.0
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(OVERVIEW, {"name": None}).fetchall()
    for row in rows:
        name, waits = row["name"], row["waiting"] - row["due"]
        running = row["in_flight"] - row["unstarted"]
        states = {"due": row["due"], "delayed": waits, "published": row["unstarted"]}
        for state, count in {**states, "running": running}.items():
            tasks.add_metric([name, state], count)
        oldest.add_metric([name], row["oldest_due_seconds"] or 0.0)
        slots.add_metric([name], row["slots"])
        paused.add_metric([name], float(row["paused"]))
        due, delayed = due + row["due"], delayed + waits
        age = max(age, row["oldest_due_seconds"] or 0.0)
    outbox = _family("warren_outbox_rows", "Rows that wait to be published", "state")
    outbox.add_metric(["due"], due)
    outbox.add_metric(["delayed"], delayed)
    about = "Age of the oldest due row of all queues"
    total = GaugeMetricFamily("warren_outbox_oldest_due_seconds", about, value=age)
    yield from (tasks, oldest, slots, paused, outbox, total)


def _oldest_task(connection: Connection[Any]) -> GaugeMetricFamily:
    found = connection.execute(_OLDEST).fetchone()
    ((now,),) = connection.execute(_NOW).fetchall()
    age = max(0.0, now - accepted_at(found[0]).timestamp()) if found else 0.0
    about = "Age of the oldest task that is due or under way, by when it was accepted"
    return GaugeMetricFamily("warren_oldest_live_task_seconds", about, value=age)


def _counted(
    connection: Connection[Any], query: LiteralString, name: str, about: str, label: str
) -> GaugeMetricFamily:
    family = _family(name, about, label)
    for value, count in connection.execute(query).fetchall():
        family.add_metric([value], count)
    return family


def _backlogs(connection: Connection[Any]) -> Iterator[GaugeMetricFamily]:
    items = _family("warren_sync_items", "Items that are kept in step", "domain", "state")
    oldest = _family("warren_sync_oldest_seconds", "Age of the oldest unsynced change", "domain")
    domains: dict[str, SyncNumbers | CatalogueNumbers] = {
        **sync_numbers(connection),
        **catalogue_numbers(connection),
    }
    for domain, numbers in domains.items():
        items.add_metric([domain, "all"], numbers.items)
        items.add_metric([domain, "pending"], numbers.pending)
        items.add_metric([domain, "failed"], numbers.failed)
        oldest.add_metric([domain], numbers.oldest_unsynced_seconds)
    about = "Items and deletions that are not in step, by the last digit of the customer's id"
    backlog = _family("warren_sync_backlog", about, "domain", "bucket")
    for domain, bucket, count in [*sync_backlog(connection), *catalogue_backlog(connection)]:
        backlog.add_metric([domain, bucket], count)
    yield from (items, oldest, backlog)


def _family(name: str, about: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, about, labels=labels)
