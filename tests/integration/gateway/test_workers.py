"""Operators see which processes there are, and what needs attention."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import psycopg
import pytest
from prometheus_client import CollectorRegistry
from typer.testing import CliRunner

from gateway.alerts.store import Alerts
from gateway.customers.keys import Scope
from gateway.workers.lost import forget_old_workers, note_lost_workers
from gateway.workers.projections import record_beat
from warren.cli.main import build_app
from warren.contracts.kinds import Beat
from warren.contracts.orders import StopWorker, parse_order
from warren.messaging.topology import CANCELS_STREAM

pytestmark = pytest.mark.postgres


@pytest.fixture
def beat(database: Any) -> Callable[..., None]:
    """A beat that came some seconds ago."""

    def send(name: str, age: float = 0, **more: Any) -> None:
        now = datetime.now(UTC)
        sent = Beat(
            incarnation=f"host-1-{name}",
            name=name,
            service="tts",
            host="host",
            **{"release": "1.2", "pid": 1, "started_at": now, "at": now, **more},
        )
        with psycopg.connect(database.url) as connection:
            record_beat(connection, sent)
        query = (
            "UPDATE workers SET beat_at = now() - make_interval(secs => %s) WHERE incarnation = %s"
        )
        database.ask(query, age, sent.incarnation)

    return send


@pytest.fixture
def connection(database: Any) -> Any:
    database.ask("DELETE FROM alerts")
    with psycopg.connect(database.url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def alerts(registry: CollectorRegistry) -> Alerts:
    return Alerts(registry)


def test_workers_are_shown_with_what_they_said_and_as_what_they_are(
    client: httpx.Client, beat: Callable[..., None]
) -> None:
    beat("a", queues=["tts.default"], slots_total=4, slots_busy=1, runs=["r"], prefetched=["m"])
    beat("b", stopping=True)
    beat("c", age=31, stopping=True)
    beat("d", age=31)

    items = client.get("/api/v1/workers").json()["items"]

    states = [(item["name"], item["state"]) for item in items]
    assert states == [("a", "live"), ("b", "stopping"), ("c", "stopped"), ("d", "lost")]
    first = items[0]
    assert (first["queues"], first["slots_total"], first["slots_busy"]) == (["tts.default"], 4, 1)
    assert (first["runs"], first["held"], first["release"]) == (["r"], 1, "1.2")
    (lost,) = client.get("/api/v1/workers?state=lost").json()["items"]
    assert lost["incarnation"] == "host-1-d"


def test_only_operators_see_workers_and_alerts(
    gateway_url: str, database: Any, connect: Callable[[str, str], httpx.Client]
) -> None:
    reader = connect(gateway_url, database.key(scopes=[Scope.TASKS_READ]))
    assert reader.get("/api/v1/workers").status_code == 403
    assert reader.get("/api/v1/alerts").status_code == 403


def test_a_silent_worker_raises_one_alert_which_its_next_beat_clears(
    client: httpx.Client,
    beat: Callable[..., None],
    connection: Any,
    alerts: Alerts,
    registry: CollectorRegistry,
) -> None:
    # Given a worker that has been silent for too long, and one that had said that it stops
    beat("silent", age=31)
    beat("stopped", age=31, stopping=True)
    beat("alive", age=5)

    # When it is looked for more than once
    assert note_lost_workers(connection, alerts, 30) == ["host-1-silent"]
    assert note_lost_workers(connection, alerts, 30) == []

    # Then there is one alert, counted once
    (alert,) = client.get("/api/v1/alerts").json()["items"]
    assert (alert["name"], alert["subject"]) == ("worker_lost", "host-1-silent")
    assert "silent" in alert["message"]
    assert registry.get_sample_value("warren_alerts_total", {"name": "worker_lost"}) == 1

    # And it is over when the worker beats again
    beat("silent")
    assert note_lost_workers(connection, alerts, 30) == []
    assert client.get("/api/v1/alerts").json()["items"] == []
    (over,) = client.get("/api/v1/alerts?cleared=true").json()["items"]
    assert over["cleared_at"] is not None


def test_a_worker_is_forgotten_after_a_day_and_its_alert_with_it(
    client: httpx.Client, beat: Callable[..., None], connection: Any, alerts: Alerts
) -> None:
    beat("gone", age=86_500)
    beat("quiet", age=80_000)
    note_lost_workers(connection, alerts, 30)

    forget_old_workers(connection, alerts)

    assert [w["name"] for w in client.get("/api/v1/workers").json()["items"]] == ["quiet"]
    assert [a["subject"] for a in client.get("/api/v1/alerts").json()["items"]] == ["host-1-quiet"]


def test_the_command_shows_the_same(
    gateway_url: str, database: Any, beat: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WARREN_URL", gateway_url)
    monkeypatch.setenv("WARREN_API_KEY", database.key())
    beat("busy", slots_total=4, slots_busy=3, runs=["run-1"], cpu_percent=12.5)
    beat("gone", age=40, slots_total=4)

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(build_app(), ["workers", *arguments], env={"COLUMNS": "200"})
        assert result.exit_code == 0, result.output
        return result.output

    assert "host-1-gone" in run("list", "--state", "lost")
    assert "3/4" in run("list")
    assert "run-1" in run("active")
    assert '"memory_mib": 0' in run("stats", "--json")
    assert "tts" in run("stats")


def test_an_order_to_stop_is_left_for_the_relay(
    client: httpx.Client, database: Any, beat: Callable[..., None]
) -> None:
    # Given a worker, and a process that reads no orders
    beat("worker", queues=["tts.default"])
    beat("relay")
    database.ask("DELETE FROM publications")

    # When they are told to stop
    assert client.post("/api/v1/workers/host-1-worker/stop").status_code == 202
    assert client.post("/api/v1/workers/host-1-relay/stop").status_code == 404
    assert client.post("/api/v1/workers/nobody/stop").status_code == 404

    # Then there is one order, on the stream that workers read
    ((stream, body),) = database.ask("SELECT routing_key, body FROM publications")
    order = parse_order(body)
    assert stream == CANCELS_STREAM
    assert isinstance(order, StopWorker)
    assert order.incarnation == "host-1-worker"
    assert order.by.startswith("key:")
