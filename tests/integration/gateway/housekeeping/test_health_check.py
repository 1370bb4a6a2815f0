"""The health check tells what does not work, and three failures in a row raise an alert."""

from collections.abc import Callable, Iterator

import psycopg
import pytest
from prometheus_client import CollectorRegistry

from gateway.alerts.store import Alerts
from gateway.housekeeping.checking.health import (
    HealthCheck,
    HealthCheckWorker,
    HealthReport,
    Unhealthy,
)
from gateway.housekeeping.checking.watch import HealthWatch
from gateway.scheduling.announced import record_schedules
from gateway.sweeping.broker import measure
from tests.integration.gateway.housekeeping.conftest import House
from warren.contracts.kinds import Announcement
from warren.messaging.consumer import QueueConsumer
from warren.messaging.topology import STATUS_QUEUE
from warren.testing.deadline import eventually
from warren.testing.worker import FakeContext
from warren.worker.catalogue import load_service

pytestmark = [pytest.mark.postgres, pytest.mark.rabbitmq]


def check() -> HealthReport:
    return HealthCheckWorker().perform(HealthCheck(), FakeContext())


@pytest.fixture
def open_alerts(house: House) -> Callable[[], list[str]]:
    """Watch as the housekeeper does in each round; which alerts stand?"""
    watch = HealthWatch(Alerts(CollectorRegistry()))

    def look() -> list[str]:
        with psycopg.connect(house.database.url, autocommit=True) as connection:
            watch.look(connection)
        rows = house.database.ask("SELECT name FROM alerts WHERE cleared_at IS NULL")
        return [name for (name,) in rows]

    return look


def test_all_well_is_a_report_with_the_latency_of_each_part(
    house: House, gateway_url: str, amqp_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WARREN_AMQP_URL", amqp_url)
    monkeypatch.setenv("WARREN_HEALTH_URL", f"{gateway_url}/healthz")
    recorder = QueueConsumer(amqp_url, {STATUS_QUEUE: 1}, name="a recorder")
    recorder.start()
    try:
        eventually(lambda: measure(amqp_url, [STATUS_QUEUE], "test")[STATUS_QUEUE].consumers)
        report = check()
    finally:
        recorder.close(5)
    assert report.status == "healthy"
    assert set(report.checks) == {"gateway", "broker", "database", "downstream"}
    assert all(part.latency_ms > 0 for part in report.checks.values())


def test_what_a_worker_calls_and_does_not_reach_fails_the_check(
    house: House, gateway_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WARREN_HEALTH_URL", f"{gateway_url}/healthz")
    house.database.ask(
        "INSERT INTO workers (incarnation, name, service, started_at, beat_at, beat) VALUES ('a',"
        ' \'a worker\', \'sync\', now(), now(), \'{"downstreams": [{"name": "chatbot",'
        ' "latency_ms": 2000, "problem": "has not answered within 2 s"}]}\')'
    )

    with pytest.raises(Unhealthy, match=r"chatbot: has not answered within 2 s \(told by 1 of 1 "):
        check()


def test_three_failures_in_a_row_raise_an_alert_and_two_do_not(
    house: House, monkeypatch: pytest.MonkeyPatch, open_alerts: Callable[[], list[str]]
) -> None:
    monkeypatch.setenv("WARREN_AMQP_URL", "amqp://guest:guest@127.0.0.1:1/%2F")
    monkeypatch.setenv("WARREN_HEALTH_URL", "http://127.0.0.1:1/readyz")
    for _ in range(2):
        with pytest.raises(Unhealthy, match=r"gateway: .*; broker: RabbitMQ does not answer"):
            check()
    assert open_alerts() == []

    with pytest.raises(Unhealthy):
        check()

    assert open_alerts() == ["health_check_failing"]
    ((message,),) = house.database.ask("SELECT message FROM alerts")
    assert "the last 3 health checks have failed: broker (" in message
    # And it is over with the first check that finds all well
    house.database.ask(
        "INSERT INTO statistics VALUES ('health', now(), '{\"status\": \"healthy\"}')"
    )
    assert open_alerts() == []


class Watching:
    """A housekeeper that looks once a half minute, while the rows grow older beside its clock."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._now = 0.0
        self._watch = HealthWatch(Alerts(CollectorRegistry()), lambda: self._now)

    def passes(self, minutes: float, *, looking: bool = True) -> list[str]:
        """So much later: which alerts stand?"""
        self._house.database.ask(
            "UPDATE statistics SET at = at - make_interval(mins => %s)", minutes
        )
        self._house.database.ask(
            "UPDATE schedules SET updated_at = updated_at - make_interval(mins => %s)", minutes
        )
        with psycopg.connect(self._house.database.url, autocommit=True) as connection:
            for _ in range(int(2 * minutes) if looking else 0):
                self._now += 30
                self._watch.look(connection)
            self._now += 0 if looking else 60 * minutes
            self._watch.look(connection)
        rows = self._house.database.ask("SELECT message FROM alerts WHERE cleared_at IS NULL")
        return [message for (message,) in rows]


@pytest.fixture
def watching(house: House) -> Iterator[Watching]:
    """A check has just found all well, and the next ones are due."""
    service = load_service("gateway.housekeeping")
    announcement = Announcement(
        service=service.name, release="1", incarnation="a", kinds=service.definitions()
    )
    with psycopg.connect(house.database.url) as connection:
        record_schedules(connection, announcement)
    house.database.ask(
        "INSERT INTO statistics VALUES ('health', now(), '{\"status\": \"healthy\"}')"
    )
    yield Watching(house)
    house.database.ask("DELETE FROM schedules")


def test_no_check_for_more_than_three_due_times_raises_an_alert_until_one_comes(
    house: House, watching: Watching
) -> None:
    assert watching.passes(34) == []

    (message,) = watching.passes(3)

    assert "no health check has come to an end for 37 minutes" in message
    house.database.ask("INSERT INTO statistics VALUES ('health', now(), '{}')")
    assert watching.passes(1) == []


def test_checks_that_nobody_could_see_are_not_missed(watching: Watching) -> None:
    # Given a housekeeper, or a database, that was away
    assert watching.passes(60, looking=False) == []

    # When checks come no more afterwards, it is told
    assert watching.passes(34) == []
    assert len(watching.passes(2)) == 1


def test_checks_that_are_disabled_are_not_missed_and_have_their_time_when_enabled_again(
    house: House, watching: Watching
) -> None:
    switch = "UPDATE schedules SET enabled = %s, updated_at = now() WHERE kind = 'api.health_check'"
    house.database.ask(switch, False)
    assert watching.passes(60) == []

    house.database.ask(switch, True)

    assert watching.passes(34) == []
    assert len(watching.passes(2)) == 1
