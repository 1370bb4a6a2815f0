"""What workers announce becomes schedules; the highest release wins."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from gateway.alerts.store import Alerts
from gateway.scheduling.announced import announced_id
from gateway.scheduling.chores import do_chores
from warren.contracts.kinds import KindSchedule

pytestmark = pytest.mark.postgres
NIGHTLY = KindSchedule(cron="0 2 * * *", payload={"days_old": 30})
MORNING = KindSchedule(cron="0 9 * * 1", timezone="Europe/Berlin", payload={"days_old": 7})


def _age(schedules: Any, days: int) -> None:
    """As if nothing had been announced for so many days."""
    schedules.ask(
        "UPDATE schedules SET announced_at = announced_at - make_interval(days => %s),"
        " defined_at = defined_at - make_interval(days => %s)",
        days,
        days,
    )


def _definition(schedules: Any) -> Any:
    rows = schedules.ask(
        "SELECT cron, timezone, submission -> 'payload', release, retired_because FROM schedules"
    )
    assert len(rows) == 1
    return rows[0]


def _chores(schedules: Any) -> None:
    with schedules.connection() as connection, connection.transaction():
        do_chores(connection, Alerts(CollectorRegistry()))


def test_an_announced_schedule_waits_for_its_next_time(
    schedules: Any, kind: Callable[..., Any]
) -> None:
    # When several processes announce it, and a kind without a schedule beside it
    for _ in range(3):
        schedules.announce(kind("test.clean", NIGHTLY), kind("test.plain"))
    # Then there is one, under the kind's name
    ((schedule_id, name, next_due),) = schedules.ask("SELECT id, name, next_due_at FROM schedules")
    assert (schedule_id, name) == (announced_id("test.clean"), "test.clean")
    assert timedelta(0) < next_due - datetime.now(UTC) <= timedelta(days=1)
    assert next_due.astimezone(UTC).hour == 2


def test_the_highest_release_defines_it_whoever_speaks_last(
    schedules: Any, kind: Callable[..., Any]
) -> None:
    schedules.announce(kind("test.clean", NIGHTLY), release="1.9")
    schedules.announce(kind("test.clean", MORNING), release="1.10")
    schedules.announce(kind("test.clean", NIGHTLY), release="1.9")

    assert _definition(schedules) == ("0 9 * * 1", "Europe/Berlin", {"days_old": 7}, "1.10", None)


def test_the_newest_version_of_a_kind_defines_it(schedules: Any, kind: Callable[..., Any]) -> None:
    schedules.announce(
        kind("test.clean", MORNING, version=2), kind("test.clean", NIGHTLY, version=1)
    )
    assert _definition(schedules)[0] == MORNING.cron


def test_a_release_without_the_schedule_withdraws_it(
    schedules: Any, kind: Callable[..., Any]
) -> None:
    # When the next release has no schedule any more, while the last one still runs
    schedules.announce(kind("test.clean", NIGHTLY), release="1.0")
    schedules.announce(kind("test.clean"), release="1.1")
    schedules.announce(kind("test.clean", NIGHTLY), release="1.0")
    # Then it is withdrawn, until a later one has it again
    assert _definition(schedules)[3:] == ("1.1", "withdrawn")
    schedules.announce(kind("test.clean", MORNING), release="1.2")
    assert _definition(schedules)[3:] == ("1.2", None)


def test_an_operator_s_switch_outlives_releases(schedules: Any, kind: Callable[..., Any]) -> None:
    schedules.announce(kind("test.clean", NIGHTLY), release="1.0")
    schedules.ask("UPDATE schedules SET enabled = false")
    schedules.announce(kind("test.clean", MORNING), release="1.1")
    assert schedules.ask("SELECT enabled, cron FROM schedules") == [(False, MORNING.cron)]


def test_a_time_that_is_overdue_outlives_a_release(
    schedules: Any, kind: Callable[..., Any]
) -> None:
    # Given a deploy in whose course a time has passed
    schedules.announce(kind("test.clean", NIGHTLY), release="1.0")
    due = schedules.make_overdue("test.clean", timedelta(minutes=2))
    # When the new release has another rhythm, then that time is still due
    schedules.announce(kind("test.clean", MORNING), release="1.1")
    assert schedules.ask("SELECT next_due_at FROM schedules") == [(due,)]


def test_what_nobody_announces_for_a_week_is_disabled_with_a_notice(
    schedules: Any, kind: Callable[..., Any]
) -> None:
    # Given one that was announced six days ago
    schedules.announce(kind("test.clean", NIGHTLY))
    _age(schedules, 6)
    _chores(schedules)
    assert _definition(schedules)[4] is None
    # When it is eight days
    _age(schedules, 2)
    _chores(schedules)
    _chores(schedules)
    # Then it fires no more, and somebody is told, once
    assert _definition(schedules)[4] == "not_announced"
    ((name, subject, message),) = schedules.ask("SELECT name, subject, message FROM alerts")
    assert (name, subject) == ("schedule_not_announced", str(announced_id("test.clean")))
    assert "'test.clean'" in message
    # And when a worker of any release announces it again, it goes on with its next time
    schedules.announce(kind("test.clean", NIGHTLY), release="0.9")
    _chores(schedules)
    assert _definition(schedules)[3:] == ("0.9", None)
    ((overdue, cleared),) = schedules.ask(
        "SELECT next_due_at < now(), cleared_at IS NOT NULL FROM schedules, alerts"
    )
    assert (overdue, cleared) == (False, True)


def test_a_lower_release_keeps_a_schedule_alive_and_takes_it_over_after_a_week(
    schedules: Any, kind: Callable[..., Any]
) -> None:
    # Given a release that was rolled back
    schedules.announce(kind("test.clean", MORNING), release="2.0")
    _age(schedules, 5)
    schedules.announce(kind("test.clean", NIGHTLY), release="1.0")
    assert _definition(schedules)[3] == "2.0"
    # When it has been silent for eight days
    _age(schedules, 3)
    _chores(schedules)
    # Then the schedule is alive, and the one that runs defines it
    assert _definition(schedules)[4] is None
    schedules.announce(kind("test.clean", NIGHTLY), release="1.0")
    assert _definition(schedules)[0] == NIGHTLY.cron
    assert _definition(schedules)[3:] == ("1.0", None)


@pytest.mark.parametrize(
    "wrong", [{"cron": "0 2 * *"}, {"timezone": "Mars/Olympus"}, {"cron": "0 0 31 2 *"}]
)
def test_a_schedule_that_this_gateway_does_not_understand_takes_nothing_along(
    schedules: Any, kind: Callable[..., Any], wrong: dict[str, Any]
) -> None:
    schedules.announce(
        kind("test.odd", NIGHTLY.model_copy(update=wrong)), kind("test.clean", NIGHTLY)
    )

    assert schedules.ask("SELECT name FROM schedules") == [("test.clean",)]
    assert schedules.ask("SELECT kind FROM job_kinds ORDER BY kind") == [
        ("test.clean",),
        ("test.odd",),
    ]


def test_fires_are_remembered_for_a_month(schedules: Any) -> None:
    schedules.ask(
        "INSERT INTO schedule_fires (schedule_id, due_at, task_id, fired_at)"
        " SELECT gen_random_uuid(), now(), gen_random_uuid(), now() - make_interval(days => days)"
        " FROM unnest(ARRAY[1, 29, 31]) AS days"
    )
    _chores(schedules)
    assert schedules.ask("SELECT count(*) FROM schedule_fires") == [(2,)]
