"""The schema, as migrations make it."""

import psycopg
import pytest

from gateway.database import migrate

pytestmark = pytest.mark.postgres


def test_a_fresh_database_has_partitions_for_the_coming_weeks(database_url: str) -> None:
    # Given a migrated database / When its partitions are listed
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(
            "SELECT inhparent::regclass::text, count(*) FROM pg_inherits"
            " WHERE inhparent IN ('tasks'::regclass, 'task_history'::regclass) GROUP BY 1"
        ).fetchall()
    # Then last week, this one, twelve more and the safety net are there
    assert dict(rows) == {"tasks": 15, "task_history": 15}


def test_migrating_twice_changes_nothing(database_url: str) -> None:
    migrate(database_url)
    migrate(database_url)
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [
            ("0001",)
        ]
