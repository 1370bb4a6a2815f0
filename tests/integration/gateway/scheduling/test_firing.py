"""Due times become tasks: which, when, and as what."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from warren.contracts.ids import id_time
from warren.contracts.kinds import Audience, KindSchedule, Missed
from warren.contracts.lanes import Lane
from warren.testing.deadline import eventually

pytestmark = pytest.mark.postgres
MINUTE = timedelta(minutes=1)
OFTEN = KindSchedule(cron="* * * * *", payload={"days_old": 30})


def test_a_due_time_becomes_one_task_like_any_other(
    schedules: Any, kind: Callable[..., Any], scheduler: None
) -> None:
    # Given an internal kind with a lane, a retry budget and a schedule, one of whose times is due
    schedules.announce(
        kind("test.clean", OFTEN, audience=Audience.INTERNAL, lane=Lane.LOW, max_retries=7)
    )
    due = schedules.make_overdue("test.clean", timedelta(0))
    # When a scheduler runs
    eventually(lambda: schedules.fired("test.clean"))
    # Then the time is a task with everything that a submission would have given it
    ((task_id, *task),) = schedules.ask(
        "SELECT id, actor, queue, lane, payload, state, max_attempts, due_at FROM tasks"
    )
    assert task == [
        *("schedule:test.clean", "test.low", "low", {"days_old": 30}, "pending", 8, due)
    ]
    assert id_time(task_id) == due
    assert schedules.ask("SELECT task_id, queue FROM outbox") == [(task_id, "test.low")]
    # And the schedule waits for the next minute
    ((following, last_task, last_due),) = schedules.ask(
        "SELECT next_due_at, last_task_id, last_due_at FROM schedules"
    )
    assert (following, last_task, last_due) == (due + MINUTE, task_id, due)


def test_missed_times_become_one_task_for_the_latest_of_them(
    schedules: Any, kind: Callable[..., Any], settings: Any, running: Callable[..., Any]
) -> None:
    # Given twenty minutes in which no scheduler ran
    schedules.announce(kind("test.clean", OFTEN))
    first = schedules.make_overdue("test.clean", 20 * MINUTE)
    # When one runs
    with running(settings):
        eventually(lambda: schedules.fired("test.clean"))
    # Then the latest time is a task, which stands for all
    ((due, coalesced),) = schedules.ask("SELECT due_at, coalesced FROM schedule_fires LIMIT 1")
    assert due >= first + 20 * MINUTE
    assert due == first + coalesced * MINUTE


def test_a_schedule_that_catches_up_makes_a_task_of_each_missed_time(
    schedules: Any, kind: Callable[..., Any], scheduler: None
) -> None:
    schedules.announce(kind("test.bill", OFTEN.model_copy(update={"missed": Missed.CATCH_UP})))
    first = schedules.make_overdue("test.bill", 20 * MINUTE)

    fired = eventually(lambda: (f := schedules.fired("test.bill")) and len(f) > 20 and f)

    assert fired[:21] == [first + n * MINUTE for n in range(21)]


def test_jitter_delays_a_due_time_but_does_not_change_it(
    schedules: Any, kind: Callable[..., Any], scheduler: None
) -> None:
    # Given a schedule with jitter, one of whose times is overdue
    schedules.announce(kind("test.clean", OFTEN.model_copy(update={"jitter": 59.0})))
    due = schedules.make_overdue("test.clean", 2 * MINUTE)
    # When it has been fired
    eventually(lambda: schedules.fired("test.clean"))
    # Then tasks bear whole minutes, and the next one is awaited a little later than its time
    assert all((time - due) % MINUTE == timedelta(0) for time in schedules.fired("test.clean"))
    ((next_due, fire_at),) = schedules.ask("SELECT next_due_at, fire_at FROM schedules")
    assert next_due < fire_at < next_due + MINUTE


def test_a_disabled_schedule_fires_nothing(
    schedules: Any, kind: Callable[..., Any], scheduler: None
) -> None:
    # Given a disabled schedule that is overdue, beside one that is enabled
    schedules.announce(kind("test.off", OFTEN), kind("test.on", OFTEN))
    schedules.ask("UPDATE schedules SET enabled = false WHERE kind = 'test.off'")
    schedules.make_overdue("test.off", 3 * MINUTE)
    schedules.make_overdue("test.on", 3 * MINUTE)
    # When the other one has been fired
    eventually(lambda: schedules.fired("test.on"))
    # Then it has not
    assert schedules.fired("test.off") == []


def test_what_the_kind_refuses_stays_due_until_it_is_mended(
    schedules: Any, kind: Callable[..., Any], scheduler: None
) -> None:
    # Given a schedule whose payload does not fit any more, beside a good one
    schedules.announce(kind("test.bad", KindSchedule(cron="* * * * *", payload={"days_old": 0})))
    schedules.announce(kind("test.good", OFTEN))
    due = schedules.make_overdue("test.bad", MINUTE)
    schedules.make_overdue("test.good", MINUTE)
    # When the scheduler has tried, somebody is told, with the field at fault
    eventually(lambda: schedules.ask("SELECT 1 FROM alerts WHERE cleared_at IS NULL"))
    ((alert, message),) = schedules.ask("SELECT name, message FROM alerts")
    assert alert == "schedule_refused"
    assert "payload.days_old must be at least 1" in message.replace(":", "")
    # Then the time is still due, nothing is left behind, and the good one has been fired
    assert schedules.ask("SELECT next_due_at FROM schedules WHERE kind = 'test.bad'") == [(due,)]
    eventually(lambda: schedules.fired("test.good"))
    assert schedules.ask("SELECT 1 FROM tasks WHERE kind = 'test.bad'") == []
    # When the next release mends the payload
    schedules.announce(kind("test.bad", OFTEN), release="1.1")
    # Then it is fired, and the alert is over
    eventually(lambda: schedules.fired("test.bad"))
    eventually(lambda: schedules.ask("SELECT 1 FROM alerts WHERE cleared_at IS NOT NULL"))


def test_a_full_backlog_only_postpones(
    schedules: Any, kind: Callable[..., Any], settings: Any, running: Callable[..., Any]
) -> None:
    schedules.announce(kind("test.first", OFTEN))
    schedules.make_overdue("test.first", timedelta(0))
    with running(settings.model_copy(update={"backlog_limit": 1})):
        # Given a scheduler that has filled the outbox
        eventually(lambda: schedules.fired("test.first"))
        schedules.ask("UPDATE schedules SET enabled = false")
        # When it finds another schedule due
        schedules.announce(kind("test.next", OFTEN))
        schedules.make_overdue("test.next", timedelta(0))
        refused = eventually(
            lambda: schedules.ask(
                "SELECT refusal, fire_at <= now() + interval '10 s' FROM schedules"
                " WHERE refusal IS NOT NULL"
            )
        )
    # Then that waits for some seconds, and no alert is raised
    assert "wait to be published" in refused[0][0]
    assert refused[0][1]
    assert schedules.fired("test.next") == []
    assert schedules.ask("SELECT 1 FROM alerts") == []
    # When there is room
    with running(settings):
        schedules.ask("UPDATE schedules SET fire_at = now() WHERE refusal IS NOT NULL")
        eventually(lambda: schedules.fired("test.next"))


def test_the_database_s_clock_decides(
    schedules: Any, kind: Callable[..., Any], scheduler: None
) -> None:
    # Given a time that comes within a few seconds
    schedules.announce(kind("test.soon", OFTEN))
    schedules.ask(
        "UPDATE schedules SET next_due_at = now() + interval '1.5 s', fire_at = next_due_at"
    )
    schedules.ask("UPDATE schedules SET fire_at = next_due_at")
    ((due,),) = schedules.ask("SELECT next_due_at FROM schedules")
    # When it has been fired
    eventually(lambda: schedules.fired("test.soon"))
    # Then that was not before its time
    ((fired_at,),) = schedules.ask("SELECT fired_at FROM schedule_fires")
    assert fired_at >= due
    assert datetime.now(UTC) - due < timedelta(seconds=30)
