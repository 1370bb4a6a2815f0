"""The health check tells what does not work, and three failures in a row raise an alert."""

from collections.abc import Callable

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
from gateway.housekeeping.checking.watch import watch_health
from gateway.sweeping.broker import measure
from tests.integration.gateway.housekeeping.conftest import House
from warren.messaging.consumer import QueueConsumer
from warren.messaging.topology import STATUS_QUEUE
from warren.testing.deadline import eventually
from warren.testing.worker import FakeContext

pytestmark = [pytest.mark.postgres, pytest.mark.rabbitmq]


def check() -> HealthReport:
    return HealthCheckWorker().perform(HealthCheck(), FakeContext())


@pytest.fixture
def open_alerts(house: House) -> Callable[[], list[str]]:
    """Watch as the housekeeper does in each round; which alerts stand?"""
    alerts = Alerts(CollectorRegistry())

    def look() -> list[str]:
        with psycopg.connect(house.database.url, autocommit=True) as connection:
            watch_health(connection, alerts)
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
