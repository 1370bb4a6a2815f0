"""Weeks get their partitions, also when rows of theirs are there before."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

import psycopg
import pytest
from prometheus_client import CollectorRegistry

from gateway.alerts.store import Alerts
from gateway.housekeeping.chores import Chores
from gateway.housekeeping.partition_watch import watch_partitions
from gateway.partitions import make_partitions
from gateway.schema import migrate
from tests.asking import rows_of
from warren.contracts.ids import id_at
from warren.testing.deadline import eventually

pytestmark = pytest.mark.postgres

Database = psycopg.Connection[Any]
_WEEK = timedelta(days=7)
_PARENTS = ("tasks", "task_history", "audit_writes")
_TASK: LiteralString = """
INSERT INTO tasks (id, customer_id, actor, kind, version, queue, lane, payload, state, max_attempts)
SELECT id, id, 'key:test', 'kind', 1, 'queue', 'normal', '{}', 'failed', 1
FROM unnest(%s::uuid[]) AS id
"""
_ENTRY: LiteralString = """
INSERT INTO task_history (task_id, generation, dispatch, type, attempt, at, data)
VALUES (%s, 1, 1, 'task.accepted', 1, now(), '{}')
"""
_WRITE: LiteralString = """
INSERT INTO audit_writes (at, actor, action, target, details)
VALUES (%s, 'key:test', 'item.written', 'item', '{}')
"""
_PLACES: LiteralString = """
SELECT tableoid::regclass::text FROM tasks UNION ALL
SELECT tableoid::regclass::text FROM task_history UNION ALL
SELECT tableoid::regclass::text FROM audit_writes ORDER BY 1
"""
#: Columns, constraints, indexes and triggers of a table, under names without its own.
_SHAPE: LiteralString = """
SELECT 'column', attname::text, attnotnull::text || coalesce(pg_get_expr(adbin, adrelid), '')
FROM pg_attribute LEFT JOIN pg_attrdef ON (adrelid, adnum) = (attrelid, attnum)
WHERE attrelid = %(table)s::text::regclass AND attnum > 0 AND NOT attisdropped
UNION ALL SELECT 'constraint', replace(conname, %(table)s, ''), pg_get_constraintdef(oid)
FROM pg_constraint WHERE conrelid = %(table)s::text::regclass
UNION ALL SELECT 'index', regexp_replace(pg_get_indexdef(indexrelid), %(table)s || '\\S*', '', 'g'),
    indisvalid::text
FROM pg_index WHERE indrelid = %(table)s::text::regclass
UNION ALL SELECT 'trigger', tgname::text, tgenabled::text
FROM pg_trigger WHERE tgrelid = %(table)s::text::regclass
UNION ALL SELECT 'filled', reloptions::text, ''
FROM pg_class WHERE oid = %(table)s::text::regclass ORDER BY 1, 2
"""
_WAITING: LiteralString = """
SELECT pid FROM pg_locks WHERE NOT granted AND relation = 'tasks'::regclass
"""
_STANDING: LiteralString = "SELECT name, subject FROM alerts WHERE cleared_at IS NULL"


def _monday(weeks_ago: int = 0) -> datetime:
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=today.weekday()) - weeks_ago * _WEEK


def _partition(parent: str, weeks_ago: int = 0) -> str:
    return f"{parent}_{_monday(weeks_ago):%Y%m%d}"


def _id(weeks_ago: int, number: int) -> UUID:
    return id_at(_monday(weeks_ago) + timedelta(hours=number), "a task")


def _lose(database: Database, *weeks_ago: int) -> None:
    """Their partitions, as when there was no housekeeper for long."""
    for parent in _PARENTS:
        for week in weeks_ago:
            database.execute(f"DROP TABLE IF EXISTS {_partition(parent, week)}")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Without partitions for the week before this one and this one."""
    with psycopg.connect(database_url, autocommit=True, connect_timeout=10) as connection:
        _lose(connection, 0, 1)
        yield connection


def test_rows_of_a_week_without_a_partition_are_found_in_it_once_it_is_made(
    database: Database,
) -> None:
    # Given rows of this week, and of one long past, in the default partitions
    database.execute(_TASK, [[_id(0, 1), _id(0, 2), _id(30, 1)]])
    database.execute(_ENTRY, [_id(0, 1)])
    database.execute(_WRITE, [_monday()])

    assert make_partitions(database) == []

    assert rows_of(database.execute(_PLACES)) == [
        (_partition("audit_writes"),),
        (_partition("task_history"),),
        (_partition("tasks", 30),),
        (_partition("tasks"),),
        (_partition("tasks"),),
    ]
    # And nothing is left to be made
    assert rows_of(database.execute("SELECT * FROM missing_partitions(12)")) == []


def test_of_many_rows_in_a_default_partition_a_week_is_made_without_moving_them(
    database: Database,
) -> None:
    # Given more rows of this week than would be moved, and few of another
    database.execute(_TASK, [[_id(0, hour) for hour in range(5)] + [_id(1, 1)]])
    ((before,),) = rows_of(database.execute("SELECT 'tasks_default'::regclass::oid"))

    database.execute("CALL make_partition('tasks', %s, 4)", [_monday()])

    places = rows_of(database.execute(_PLACES))
    assert places == [(_partition("tasks"),)] * 5 + [("tasks_default",)]
    assert rows_of(database.execute("SELECT %s::regclass::oid", [_partition("tasks")])) == [
        (before,)
    ]
    # And the next week that has rows there is made as well
    assert make_partitions(database) == []
    assert rows_of(database.execute(_PLACES))[0] == (_partition("tasks", 1),)


@pytest.mark.parametrize("most", [0, 100])
def test_such_a_week_is_made_as_any_other(database: Database, most: int) -> None:
    database.execute(_TASK, [[_id(0, 1)]])
    default = _shape(database, "tasks_default")

    database.execute("CALL make_partition('tasks', %s, %s)", [_monday(), most])

    assert _shape(database, _partition("tasks")) == _shape(database, _partition("tasks", -1))
    assert _shape(database, "tasks_default") == default


def _shape(database: Database, table: str) -> list[tuple[Any, ...]]:
    return rows_of(database.execute(_SHAPE, {"table": table}))


def test_two_weeks_with_too_many_rows_stay_where_they_are(database: Database) -> None:
    tasks = [_id(week, hour) for week in (0, 1) for hour in range(3)]
    database.execute(_TASK, [tasks])

    with pytest.raises(psycopg.errors.ProgramLimitExceeded, match="3 rows of that week and 3 of"):
        database.execute("CALL make_partition('tasks', %s, 2)", [_monday()])

    assert rows_of(database.execute(_PLACES)) == [("tasks_default",)] * 6


@pytest.mark.parametrize("most", [0, 100])
def test_who_writes_meanwhile_waits_and_is_not_refused(
    database_url: str, database: Database, most: int
) -> None:
    # Given somebody who is writing a task of a week that is made
    with (
        psycopg.connect(database_url) as first,
        psycopg.connect(database_url, autocommit=True) as second,
        psycopg.connect(database_url, autocommit=True) as maker,
        ThreadPoolExecutor() as side,
    ):
        first.execute(_TASK, [[_id(0, 1)]])
        made = side.submit(maker.execute, "CALL make_partition('tasks', %s, %s)", [_monday(), most])
        eventually(lambda: made.done() or _waiting(database) == 1)
        # When another one comes, and the first is done
        written = side.submit(second.execute, _TASK, [[_id(0, 2)]])
        eventually(lambda: written.done() or _waiting(database) == 2)
        first.commit()
        # Then both have written
        written.result(20)
        made.exception(20)
    # And if the week was not made, since that waits for two seconds at most, it is now
    assert make_partitions(database) == []
    assert rows_of(database.execute(_PLACES)) == [(_partition("tasks"),)] * 2


def _waiting(database: Database) -> int:
    return len(database.execute(_WAITING).fetchall())


def test_a_table_that_gets_no_partition_keeps_none_of_the_others_and_somebody_is_told(
    database: Database,
) -> None:
    # Given something of tasks that is in the way
    low, high = _id(0, 1), _id(0, 2)
    database.execute(f"CREATE TABLE way PARTITION OF tasks FOR VALUES FROM ('{low}') TO ('{high}')")
    database.execute(_ENTRY, [_id(0, 1)])
    alerts = Alerts(CollectorRegistry())

    watch_partitions(database, alerts)

    assert rows_of(database.execute(_STANDING)) == [("partition_missing", "tasks")]
    assert rows_of(database.execute(_PLACES)) == [(_partition("task_history"),)]
    # And until it is out of the way
    database.execute("DROP TABLE way")
    watch_partitions(database, alerts)
    assert rows_of(database.execute(_STANDING)) == []


def test_who_makes_a_week_by_hand_in_another_zone_is_told_that_it_is_none(
    database: Database,
) -> None:
    database.execute("SET timezone = 'Europe/Berlin'")

    with pytest.raises(psycopg.errors.InvalidParameterValue, match="is not midnight UTC"):
        database.execute(f"CALL make_partition('tasks', '{_monday():%F}')")

    database.execute(f"CALL make_partition('tasks', '{_monday():%F}Z')")
    assert _shape(database, _partition("tasks"))


class Recording(psycopg.Connection[Any]):
    """Remembers with which values it was asked something."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.asked: list[Any] = []

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        self.asked.append(params or [None])
        return super().execute(query, params, **options)


def test_readers_of_a_table_wait_for_one_week_in_vain_and_not_for_each(
    database_url: str, database: Database
) -> None:
    # Given two weeks that are missing, and somebody who reads tasks for long
    with (
        psycopg.connect(database_url) as reader,
        Recording.connect(database_url, autocommit=True) as maker,
    ):
        reader.execute("SELECT FROM tasks")
        missing = make_partitions(maker)

    assert [(week.parent, f"{week.monday:%F}") for week in missing] == [
        ("tasks", f"{_monday(1):%F}"),
        ("tasks", f"{_monday(0):%F}"),
    ]
    assert [values for values in maker.asked if values[0] == "tasks"] == [["tasks", _monday(1)]]
    assert make_partitions(database) == []


def test_a_chore_that_fails_keeps_none_of_the_others_and_the_second_time_somebody_is_told(
    database: Database,
) -> None:
    def fail(connection: Database) -> None:
        connection.execute("SELECT 1 / 0")

    chores = Chores(Alerts(CollectorRegistry()), fail)

    chores.do(database)
    assert rows_of(database.execute("SELECT * FROM missing_partitions(12)")) == []
    assert rows_of(database.execute(_STANDING)) == []

    chores.do(database)
    assert rows_of(database.execute(_STANDING)) == [("chore_failing", "custody")]


def test_weeks_begin_at_midnight_utc_also_where_the_server_has_summer_time(
    database: Database,
) -> None:
    database.execute("SET timezone = 'Europe/Berlin'")

    weeks = database.execute("SELECT DISTINCT week FROM missing_partitions(60)").fetchall()

    assert len(weeks) > 45
    assert {f"{week.astimezone(UTC):%A %H:%M}" for (week,) in weeks} == {"Monday 00:00"}


def test_a_database_of_the_release_before_is_mended_when_it_is_migrated(
    database_url: str, database: Database
) -> None:
    # Given one that could not have a partition for this week any more
    database.execute("DROP SCHEMA public CASCADE")
    database.execute("CREATE SCHEMA public")
    migrate(database_url, "0033")
    _lose(database, 0)
    database.execute(_TASK, [[_id(0, 1)]])
    with pytest.raises(psycopg.errors.CheckViolation):
        database.execute("CALL ensure_partitions(12)")

    migrate(database_url)

    assert rows_of(database.execute(_PLACES)) == [(_partition("tasks"),)]
