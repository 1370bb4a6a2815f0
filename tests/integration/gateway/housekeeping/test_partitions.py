"""Old weeks are dropped as partitions, unless somebody still needs them."""

from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

import psycopg
import pytest

from gateway.housekeeping.cleaning.jobs import CleanTasks
from gateway.housekeeping.cleaning.workers import CleanTasksWorker
from gateway.partitions import make_partitions
from tests.integration.gateway.housekeeping.conftest import CUSTOMER, House
from warren.contracts.ids import id_at, lowest_id
from warren.testing.worker import FakeContext

pytestmark = pytest.mark.postgres

_WEEK = timedelta(days=7)


@pytest.fixture
def house(house: House) -> Any:
    """Without the partitions that a test has made."""
    yield house
    for name in ("tasks", "task_history", "audit_writes"):
        for week in (3, 4, 5, 6, 11, 14, 57, 59):
            house.database.ask(f"DROP TABLE IF EXISTS {_name(name, _monday(week))}")


def _monday(weeks_ago: int) -> datetime:
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=today.weekday()) - weeks_ago * _WEEK


def _name(parent: str, monday: datetime) -> str:
    return f"{parent}_{monday:%Y%m%d}"


def partition(house: House, parent: LiteralString, weeks_ago: int) -> str:
    monday = _monday(weeks_ago)
    name = _name(parent, monday)
    bounds: tuple[object, object] = (lowest_id(monday), lowest_id(monday + _WEEK))
    if parent == "audit_writes":
        bounds = (monday, monday + _WEEK)
    with psycopg.connect(house.database.url, autocommit=True) as connection:
        connection.execute(
            f"CREATE TABLE {name} PARTITION OF {parent} FOR VALUES"
            f" FROM ('{bounds[0]}') TO ('{bounds[1]}')"
        )
    return name


def dropped(**job: object) -> list[str]:
    report = CleanTasksWorker().perform(CleanTasks.model_validate(job), FakeContext())
    assert report.errors == []
    return report.dropped_partitions


def test_history_goes_by_whole_weeks_once_all_of_one_is_30_days_old(house: House) -> None:
    # The week that began 3 weeks ago (before this Monday) is in part younger than 30 days
    partition(house, "task_history", 3)
    old = [partition(house, "task_history", weeks) for weeks in (6,)]
    assert dropped(dry_run=True) == old
    assert dropped() == old
    assert dropped() == []


def test_history_stays_while_a_task_of_that_week_runs(house: House) -> None:
    old = partition(house, "task_history", 6)
    task = id_at(_monday(6) + timedelta(days=1), "a task")
    house.database.ask(
        "INSERT INTO in_flight (task_id, generation, dispatch, queue, published_at)"
        " VALUES (%s, 2, 1, 'q', now())",
        task,
    )
    assert dropped() == []
    house.database.ask("DELETE FROM in_flight WHERE task_id = %s", task)
    assert dropped() == [old]


def test_summaries_go_once_a_week_is_400_days_old(house: House) -> None:
    partition(house, "tasks", 57)
    old = partition(house, "tasks", 59)
    assert dropped() == [old]


def test_single_writes_go_from_the_audit_by_whole_weeks_after_90_days(house: House) -> None:
    partition(house, "audit_writes", 11)
    old = partition(house, "audit_writes", 14)
    assert dropped() == [old]


def test_the_audit_tells_of_the_last_400_days(house: House) -> None:
    house.database.ask("DELETE FROM audit_entries")
    house.database.ask(
        "INSERT INTO audit_entries (at, actor, action, target, details)"
        " SELECT now() - make_interval(days => d), 'key:a', 'queue.paused', d::text, '{}'"
        " FROM unnest(ARRAY[399, 401]) AS d"
    )

    dropped()

    assert house.database.ask("SELECT target FROM audit_entries") == [("399",)]


def test_a_week_with_a_live_task_or_an_open_letter_stays(house: House) -> None:
    old = partition(house, "tasks", 59)
    task = _live(house, 59)
    assert dropped() == []
    house.database.ask("UPDATE tasks SET state = 'cancelled' WHERE id = %s", task)
    assert dropped() == [old]


def test_what_stood_in_the_default_partition_goes_with_its_week(house: House) -> None:
    # Given a task of a week without a partition
    task = _live(house, 59)
    house.database.ask("UPDATE tasks SET state = 'cancelled' WHERE id = %s", task)
    assert dropped() == []
    # When the housekeeper has made the partitions that are missing
    with psycopg.connect(house.database.url, autocommit=True) as connection:
        assert make_partitions(connection) == []
    assert dropped() == [_name("tasks", _monday(59))]
    assert house.database.ask("SELECT FROM tasks WHERE id = %s", task) == []


def _live(house: House, weeks_ago: int) -> UUID:
    task = id_at(_monday(weeks_ago) + timedelta(days=1), "a task")
    house.database.ask(
        "INSERT INTO tasks (id, customer_id, actor, kind, version, queue, lane, payload, state,"
        " max_attempts) VALUES (%s, %s, 'k', 'test.any', 1, 'q', 'low', '{}', 'scheduled', 1)",
        task,
        CUSTOMER,
    )
    return task


def test_a_partition_that_somebody_reads_is_dropped_by_a_later_run(house: House) -> None:
    old = partition(house, "task_history", 6)
    with psycopg.connect(house.database.url) as reader:
        reader.execute("SELECT count(*) FROM task_history")
        report = CleanTasksWorker().perform(CleanTasks(), FakeContext())
    assert report.dropped_partitions == []
    assert "lock timeout" in report.errors[0]
    assert dropped() == [old]
