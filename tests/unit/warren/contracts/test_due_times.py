"""Which due time is fired, and which comes next."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from warren.contracts.cron import Cron
from warren.contracts.due_times import Rhythm, plan
from warren.contracts.kinds import Missed

ID = UUID(int=7)
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def rhythm(cron: str = "*/10 * * * *", jitter: float = 0, schedule_id: UUID = ID) -> Rhythm:
    return Rhythm(schedule_id, Cron.parse(cron), jitter)


@pytest.mark.parametrize("missed", list(Missed))
def test_a_time_that_is_due_is_fired_alone(missed: Missed) -> None:
    planned = plan(rhythm(), missed, NOON, NOON + 9 * MINUTE)

    assert (planned.due_at, planned.coalesced) == (NOON, 0)
    assert planned.following.due_at == NOON + 10 * MINUTE


def test_coalescing_fires_the_latest_of_the_missed_times() -> None:
    planned = plan(rhythm(), Missed.COALESCE, NOON, NOON + 35 * MINUTE)

    assert (planned.due_at, planned.coalesced) == (NOON + 30 * MINUTE, 3)
    assert planned.following.due_at == NOON + 40 * MINUTE


def test_catching_up_fires_the_earliest_of_the_missed_times() -> None:
    planned = plan(rhythm(), Missed.CATCH_UP, NOON, NOON + 35 * MINUTE)

    assert (planned.due_at, planned.coalesced) == (NOON, 0)
    assert planned.following.due_at == NOON + 10 * MINUTE


def test_a_time_whose_jitter_is_not_over_is_not_missed() -> None:
    # Given a due time that is to be fired some minutes later
    jittery = rhythm(jitter=599)
    next_fire = jittery.fire_at(NOON + 10 * MINUTE)
    assert next_fire > NOON + 10 * MINUTE
    # Then the one before it is fired alone until then, and with it from then on
    early = plan(jittery, Missed.COALESCE, NOON, next_fire - timedelta(seconds=1))
    late = plan(jittery, Missed.COALESCE, NOON, next_fire)
    assert (early.due_at, late.due_at) == (NOON, NOON + 10 * MINUTE)


def test_jitter_is_the_same_for_the_same_schedule_and_time_and_differs_otherwise() -> None:
    jittery, other = rhythm(jitter=599), rhythm(jitter=599, schedule_id=UUID(int=8))
    times = [NOON + n * 10 * MINUTE for n in range(100)]

    delays = [jittery.fire_at(time) - time for time in times]

    assert delays == [jittery.fire_at(time) - time for time in times]
    assert delays != [other.fire_at(time) - time for time in times]
    assert all(timedelta(0) <= delay < timedelta(seconds=599) for delay in delays)
    assert max(delays) - min(delays) > timedelta(seconds=500)


def test_a_new_rhythm_begins_with_its_next_time_unless_one_is_overdue() -> None:
    assert rhythm().next(NOON).due_at == NOON + 10 * MINUTE
    assert rhythm().next(NOON, outstanding=NOON - 7 * MINUTE).due_at == NOON - 7 * MINUTE


def test_a_month_of_missed_minutes_is_passed_by() -> None:
    every_minute = rhythm("* * * * *")

    planned = plan(every_minute, Missed.COALESCE, NOON - timedelta(days=30), NOON)

    assert (planned.due_at, planned.coalesced) == (NOON, 30 * 24 * 60)
