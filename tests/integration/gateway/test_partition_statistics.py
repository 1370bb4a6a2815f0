"""Statements that were planned while a week was empty are planned anew once it has grown."""

from datetime import UTC, datetime, timedelta
from threading import Event, Thread

import psycopg
import pytest

from gateway.database_session import DatabaseSession
from gateway.partition_statistics import analyze_grown
from gateway.sweeping.every_second import EverySecond
from warren.contracts.ids import new_id
from warren.testing.deadline import eventually

pytestmark = pytest.mark.postgres

_LOOK = "SELECT state FROM tasks WHERE id = $1"
_GROW = """
INSERT INTO tasks (id, customer_id, actor, kind, version, queue, lane, payload, state, max_attempts)
SELECT warren_new_id(), gen_random_uuid(), 'key:test', 'kind', 1, 'queue', 'normal',
    jsonb_build_object('text', repeat('x', 500)), 'pending', 1 FROM generate_series(1, 1500)
"""


def test_a_statement_finds_a_task_by_key_again_when_its_week_is_no_longer_empty(
    database_url: str,
) -> None:
    today = datetime.now(UTC)
    week = f"tasks_{today - timedelta(days=today.weekday()):%Y%m%d}"
    session, stop = DatabaseSession(database_url, name="test"), Event()
    house = Thread(target=EverySecond(session).run, args=[stop], daemon=True)
    generic = "-c plan_cache_mode=force_generic_plan"
    with psycopg.connect(database_url, autocommit=True, options=generic) as gateway:
        # Given a connection that has planned to look for a task while the week was said to be empty
        gateway.execute(f"ALTER TABLE {week} SET (autovacuum_enabled = off)")
        gateway.execute("VACUUM ANALYZE tasks")
        gateway.execute(f"PREPARE look (uuid) AS {_LOOK}")
        assert f"Seq Scan on {week}" in _plan(gateway)
        # When it has tasks, and a housekeeper is there
        gateway.execute(_GROW)
        house.start()
        try:
            eventually(lambda: f"{week}_pkey on {week}" in _plan(gateway))
        finally:
            stop.set()
            house.join(20)
            session.close()
        # Then it is looked for by key, and the week is not analysed again
        assert analyze_grown(gateway) == []


def _plan(connection: psycopg.Connection) -> str:
    lines = connection.execute(f"EXPLAIN EXECUTE look ('{new_id()}')").fetchall()
    return "\n".join(line for (line,) in lines)
