"""What the housekeeper tidies up beside tasks."""

import os
import time
from pathlib import Path
from threading import Event, Thread

import httpx
import pytest
from prometheus_client import CollectorRegistry

from gateway.alerts.store import Alerts
from gateway.database_session import DatabaseSession
from gateway.housekeeper import run_housekeeper
from gateway.housekeeping.loop import Housekeeping
from gateway.sweeping.config import HousekeeperSettings
from tests.program import running_program
from warren.artifacts import open_store
from warren.stack.ports import free_port
from warren.testing.deadline import eventually

pytestmark = pytest.mark.postgres


class NoBroker:
    """A publisher that has no connection."""

    connected_seconds = 0.0


def test_what_killed_writers_left_in_the_artifact_store_is_removed(
    database_url: str, tmp_path: Path
) -> None:
    # Given a store with an old piece and a fresh piece of writes that never ended
    kept = open_store(str(tmp_path)).put(b"content")
    old, fresh = tmp_path / "incoming" / "old", tmp_path / "incoming" / "fresh"
    for piece in (old, fresh):
        piece.write_bytes(b"half of someth")
    hours_ago = time.time() - 2 * 3600
    os.utime(old, (hours_ago, hours_ago))
    # When a housekeeper runs
    settings = HousekeeperSettings(database_url=database_url, artifacts_url=str(tmp_path))
    session, stop = DatabaseSession(database_url, name="test"), Event()
    housekeeping = Housekeeping(settings, session, NoBroker(), Alerts(CollectorRegistry()))
    thread = Thread(target=housekeeping.run, args=[stop], daemon=True)
    thread.start()
    # Then only the old piece goes
    try:
        eventually(lambda: not old.exists(), within=20)
    finally:
        stop.set()
        thread.join(10)
        session.close()
    assert fresh.exists()
    assert open_store(str(tmp_path)).read(kept.sha256) == b"content"


@pytest.mark.rabbitmq
def test_the_numbers_of_its_jobs_stand_beside_its_own_also_where_workers_are_given_a_port(
    database_url: str, amqp_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given an environment for all containers, with one port for the numbers of each
    port = free_port()
    monkeypatch.setenv("WARREN_WORKER_METRICS_PORT", str(port))
    monkeypatch.setenv("WARREN_DATABASE_URL", database_url)
    settings = HousekeeperSettings(
        database_url=database_url,
        amqp_url=amqp_url,
        artifacts_url=str(tmp_path),
        housekeeper_metrics_port=port,
    )

    # When a housekeeper runs, then one page has both
    def told() -> bool:
        try:
            page = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
        except httpx.TransportError:
            return False
        return 'warren_slots{service="api",state="free"}' in page and "warren_outbox_rows{" in page

    with running_program(run_housekeeper, settings):
        eventually(told, within=60)
