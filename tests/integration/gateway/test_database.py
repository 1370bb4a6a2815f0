"""The schema, as migrations make it."""

import re
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import LiteralString

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import create_engine, inspect
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool
from sqlmodel import SQLModel
from structlog.testing import capture_logs
from typer.testing import CliRunner

import gateway.alerts.models
import gateway.artifacts.models
import gateway.auditing.models
import gateway.batches.models
import gateway.books.models
import gateway.catalogue.models
import gateway.customers.models
import gateway.dead_letters.models
import gateway.documents.models
import gateway.events.models
import gateway.faqs.models
import gateway.housekeeping.models
import gateway.idempotency.models
import gateway.images.models
import gateway.kinds.models
import gateway.limits.models
import gateway.queues.models
import gateway.reconciling.models
import gateway.relaying.models
import gateway.scheduling.models
import gateway.tasks.models
import gateway.webhooks.models
import gateway.workers.models  # noqa: F401 -- each registers its tables
from gateway import index_making
from gateway.commands import app
from gateway.database import newest_revision
from gateway.schema import MigrationUnderWay, TablesInUse, migrate, sqlalchemy_url
from warren.testing.deadline import eventually

pytestmark = pytest.mark.postgres
_ENDED = """
INSERT INTO tasks (id, customer_id, actor, kind, version, queue, lane, payload, state, max_attempts)
SELECT gen_random_uuid(), gen_random_uuid(), 'key:test', 'kind', 1, 'queue', 'normal', '{}',
    CASE n WHEN 1 THEN 'succeeded' ELSE 'failed' END, 1
FROM generate_series(1, %s) AS n
"""
_MAKING: LiteralString = """
SELECT pid FROM pg_stat_activity WHERE datname = current_database()
    AND query LIKE 'CREATE INDEX CONCURRENTLY%' AND wait_event = 'virtualxid'
"""
_INVALID = "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid"
#: Indexes of tasks that a partition does not have.
_PARTS_WITHOUT = """
SELECT i.relname FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
WHERE x.indrelid = 'tasks'::regclass
    AND (SELECT count(*) FROM pg_inherits WHERE inhparent = i.oid)
        <> (SELECT count(*) FROM pg_inherits WHERE inhparent = x.indrelid)
"""
_LAST_WEEK = "SELECT max(relname) FROM pg_class WHERE relname ~ '^tasks_[0-9]{8}$'"
DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


def test_a_fresh_database_has_partitions_for_the_coming_weeks(database_url: str) -> None:
    # Given a migrated database / When its partitions are listed
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(
            "SELECT inhparent::regclass::text, count(*) FROM pg_inherits"
            " WHERE inhparent = ANY (ARRAY['tasks', 'task_history', 'audit_writes']::regclass[])"
            " GROUP BY 1"
        ).fetchall()
    # Then last week, this one, twelve more and the safety net are there
    assert dict(rows) == {"tasks": 15, "task_history": 15, "audit_writes": 15}


def test_migrating_twice_changes_nothing(database_url: str) -> None:
    migrate(database_url)
    migrate(database_url)
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    assert rows == [(newest_revision(),)]


def test_the_command_brings_a_database_of_an_earlier_release_up_to_date(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a database whose schema is an earlier one
    with psycopg.connect(database_url, autocommit=True) as connection:
        _begin_at(connection, database_url, "0001")
        # When it is set up
        monkeypatch.setenv("WARREN_DATABASE_URL", database_url)
        result = CliRunner().invoke(app, ["migrate"])
        # Then it has that of this release
        assert result.exit_code == 0, result.output
        rows = connection.execute("SELECT version_num FROM alembic_version").fetchall()
        assert rows == [(newest_revision(),)]


def test_a_migration_makes_nobody_wait_behind_a_long_reader_and_says_what_to_do(
    database_url: str,
) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        _begin_at(connection, database_url, "0026")
        # Given somebody who reads tasks for long
        with psycopg.connect(database_url) as reader:
            reader.execute("SELECT FROM tasks LIMIT 1")
            # When the database is migrated / Then others can read, and write, afterwards
            with pytest.raises(TablesInUse, match="pg_stat_activity"):
                migrate(database_url, patience=0)
            with connection.transaction():
                connection.execute("LOCK TABLE tasks IN ROW EXCLUSIVE MODE NOWAIT")
        # And it goes on once the reader is done
        migrate(database_url)
        rows = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    assert rows == [(newest_revision(),)]


def test_the_audit_of_writes_is_there_with_its_weeks_or_not_at_all(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        _begin_at(connection, database_url, "0033")
        # Given a week of tasks that is to be made, and somebody who reads tasks for long
        (last,) = connection.execute(_LAST_WEEK).fetchone() or ("",)
        connection.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(last)))
        with psycopg.connect(database_url) as reader:
            reader.execute("SELECT FROM tasks LIMIT 1")
            # When the database is migrated
            with pytest.raises(TablesInUse):
                migrate(database_url, patience=0)
        # Then no gateway writes to a table that lacks its weeks: they could not be made any more
        rows = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    assert rows == [("0033",)]


def test_a_migration_behind_another_one_says_so_and_ends(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as other:
        # Given another one that does not end
        other.execute("SELECT pg_advisory_lock(%s)", [int.from_bytes(b"WARREN")])
        holder = other.info.backend_pid
        # When the database is migrated, Then it is said once what is waited for, and what to do
        with (
            capture_logs() as logs,
            pytest.raises(MigrationUnderWay, match=f"process {holder}.*terminate"),
        ):
            migrate(database_url, turn_patience=0.5)
    assert [(log["event"], log["holder_pid"]) for log in logs] == [("migration_waits", holder)]
    # And it goes on once the other one has ended
    migrate(database_url)


def test_tasks_that_ended_badly_before_it_was_noted_are_found_by_it(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        _begin_at(connection, database_url, "0026")
        # Given more than fit into one transaction
        connection.execute(_ENDED, [10_010])
        migrate(database_url)
        rows = connection.execute(
            "SELECT state, ended_badly, count(*) FROM tasks GROUP BY 1, 2 ORDER BY 1"
        ).fetchall()
    assert rows == [("failed", "failed", 10_009), ("succeeded", None, 1)]


@contextmanager
def _indexes_being_made(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[psycopg.Connection, Future[None]]]:
    """A migration that makes an index of tasks, and cannot end it while somebody reads."""
    monkeypatch.setattr(index_making, "_SMALL", 0)
    with psycopg.connect(database_url, autocommit=True) as connection, ThreadPoolExecutor() as side:
        _begin_at(connection, database_url, "0028")
        with psycopg.connect(database_url) as reader:
            reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            reader.execute("SELECT FROM customers")
            migrated = side.submit(migrate, database_url)
            eventually(lambda: connection.execute(_MAKING).fetchall(), within=20)
            yield connection, migrated
        migrated.exception(timeout=60)


def test_tasks_are_accepted_while_a_migration_makes_their_indexes(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _indexes_being_made(database_url, monkeypatch) as (writer, migrated):
        # When tasks are written meanwhile, Then nobody waits
        writer.execute("SET lock_timeout = '500ms'")
        writer.execute(_ENDED, [10])
        writer.execute("UPDATE tasks SET state = 'succeeded'")
        assert not migrated.done()
    # And in the end all indexes are there, of what was written meanwhile, too
    migrated.result()
    with psycopg.connect(database_url) as connection:
        connection.execute("SET enable_seqscan = off")
        found = connection.execute("SELECT count(*) FROM tasks WHERE kind = 'kind'").fetchone()
        assert found == (10,)
        assert connection.execute(_INVALID).fetchall() == []


def test_a_migration_that_was_interrupted_at_an_index_goes_on_with_it(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a migration whose connection is lost while it makes an index
    with _indexes_being_made(database_url, monkeypatch) as (connection, migrated):
        connection.execute(_MAKING.replace("SELECT pid", "SELECT pg_terminate_backend(pid)"))
        with pytest.raises(OperationalError):
            migrated.result(20)
        left = {name for (name,) in connection.execute(_INVALID).fetchall()}
        assert len(left) == 2, left
    # When it is run again, and in two processes
    with ThreadPoolExecutor() as together:
        for run in [together.submit(migrate, database_url) for _ in range(2)]:
            run.result(60)
    # Then all are valid, and made as by whoever was not interrupted
    with psycopg.connect(database_url) as again:
        assert again.execute(_INVALID).fetchall() == []
        assert again.execute(_PARTS_WITHOUT).fetchall() == []


def _begin_at(connection: psycopg.Connection, database_url: str, revision: str) -> None:
    connection.execute("DROP SCHEMA public CASCADE")
    connection.execute("CREATE SCHEMA public")
    migrate(database_url, revision)


def test_models_and_migrations_describe_the_same_tables(database_url: str) -> None:
    # Given the tables as SQLModel classes say, and as the migrations made them
    described = {
        name: {(c.name, c.type.compile(DIALECT), bool(c.nullable)) for c in table.columns}
        for name, table in SQLModel.metadata.tables.items()
    }
    engine = create_engine(sqlalchemy_url(database_url), poolclass=NullPool)
    inspector = inspect(engine)
    migrated = {
        name: {
            (c["name"], c["type"].compile(DIALECT), bool(c["nullable"]))
            for c in inspector.get_columns(name)
        }
        for name in inspector.get_table_names()
        if not re.search(r"_(\d{8}|default)$", name) and name != "alembic_version"
    }
    keys = {name: inspector.get_pk_constraint(name)["constrained_columns"] for name in migrated}
    engine.dispose()
    # Then they are the same, column by column
    assert described == migrated
    assert {
        name: [column.name for column in table.primary_key]
        for name, table in SQLModel.metadata.tables.items()
    } == keys
