"""Announcements and beats become rows."""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from gateway.kinds.projections import record_announcement
from gateway.workers.projections import record_beat
from warren.contracts.kinds import Announcement, Beat, KindDefinition

pytestmark = pytest.mark.postgres


def _announce(url: str, release: str, description: str, version: int = 1) -> None:
    kind = KindDefinition(
        kind="tts.echo",
        version=version,
        service="tts",
        description=description,
        payload_schema={"type": "object"},
    )
    with psycopg.connect(url) as connection:
        record_announcement(
            connection,
            Announcement(service="tts", release=release, incarnation="x", kinds=[kind]),
        )


def test_the_highest_release_defines_a_kind(database: Any) -> None:
    # Given announcements of two releases, the older one last, as in a rolling deployment
    _announce(database.url, "0.9.0", "old")
    _announce(database.url, "0.10.0", "new")
    _announce(database.url, "0.9.0", "old")
    query = "SELECT release, definition ->> 'description' FROM job_kinds WHERE kind = 'tts.echo'"
    assert database.ask(query) == [("0.10.0", "new")]
    # When the same release says something else, then the later word counts
    _announce(database.url, "0.10.0", "newer")
    assert database.ask(query) == [("0.10.0", "newer")]


def test_versions_stand_side_by_side(database: Any) -> None:
    _announce(database.url, "1.0", "one")
    _announce(database.url, "0.5", "two", version=2)
    assert database.ask(
        "SELECT version FROM job_kinds WHERE kind = 'tts.echo' ORDER BY version"
    ) == [(1,), (2,)]


def test_a_beat_that_arrives_late_does_not_replace_a_newer_one(database: Any) -> None:
    now = datetime.now(UTC)

    def beat(at: datetime, busy: int) -> Beat:
        return Beat(
            incarnation="host-1-2",
            name="tts",
            service="tts",
            release="1.0",
            host="host",
            pid=1,
            started_at=now,
            at=at,
            slots_busy=busy,
        )

    with psycopg.connect(database.url) as connection:
        record_beat(connection, beat(now, 1))
        record_beat(connection, beat(now + timedelta(seconds=10), 2))
        record_beat(connection, beat(now + timedelta(seconds=5), 3))
    assert database.ask("SELECT beat ->> 'slots_busy' FROM workers") == [("2",)]
