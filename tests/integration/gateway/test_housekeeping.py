"""What the housekeeper tidies up beside tasks."""

import os
import time
from pathlib import Path
from threading import Event, Thread

import pytest
from prometheus_client import CollectorRegistry

from gateway.alerts.store import Alerts
from gateway.database_session import DatabaseSession
from gateway.housekeeping.loop import Housekeeping
from gateway.sweeping.config import HousekeeperSettings
from warren.artifacts import open_store
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
