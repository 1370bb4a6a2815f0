"""Cron expressions mean what they mean to Debian's cron, also in the nights of clock changes."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from warren.contracts.cron import Cron, InvalidCron, JitterTooLong, UnknownZone

BERLIN = "Europe/Berlin"


def next_times(text: str, start: str, count: int, timezone: str = "UTC") -> list[str]:
    """The next due times after `start`, both as the clocks of the time zone show them."""
    zone = ZoneInfo(timezone)
    cron, moment, times = Cron.parse(text, timezone), datetime.fromisoformat(start), []
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    for _ in range(count):
        moment = cron.next_after(moment)
        assert moment.tzinfo is UTC
        times.append(moment.astimezone(zone).strftime("%a %Y-%m-%d %H:%M %z"))
    return times


def test_every_night_at_two() -> None:
    assert next_times("0 2 * * *", "2026-03-01T02:00", 2) == [
        "Mon 2026-03-02 02:00 +0000",
        "Tue 2026-03-03 02:00 +0000",
    ]


def test_every_quarter_of_an_hour() -> None:
    assert next_times("*/15 * * * *", "2026-03-01T23:44:59", 3) == [
        "Sun 2026-03-01 23:45 +0000",
        "Mon 2026-03-02 00:00 +0000",
        "Mon 2026-03-02 00:15 +0000",
    ]


@pytest.mark.parametrize("monday", ["1", "MON", "mon"])
def test_one_is_monday(monday: str) -> None:
    times = next_times(f"0 9 * * {monday}", "2026-03-01T00:00", 2)

    assert times == ["Mon 2026-03-02 09:00 +0000", "Mon 2026-03-09 09:00 +0000"]


@pytest.mark.parametrize("sunday", ["0", "7", "SUN"])
def test_zero_and_seven_are_sunday(sunday: str) -> None:
    times = next_times(f"0 9 * * {sunday}", "2026-03-02T00:00", 2)

    assert times == ["Sun 2026-03-08 09:00 +0000", "Sun 2026-03-15 09:00 +0000"]


def test_the_first_of_every_month() -> None:
    assert next_times("0 0 1 * *", "2026-12-01T00:00", 2) == [
        "Fri 2027-01-01 00:00 +0000",
        "Mon 2027-02-01 00:00 +0000",
    ]


def test_day_of_month_or_day_of_week_is_enough_when_both_are_set() -> None:
    # When Tuesday the 13th lies among Fridays, both are due
    assert next_times("0 0 13 * 5", "2026-01-09T00:00", 3) == [
        "Tue 2026-01-13 00:00 +0000",
        "Fri 2026-01-16 00:00 +0000",
        "Fri 2026-01-23 00:00 +0000",
    ]


@pytest.mark.parametrize("text", ["30 2 * * *", "0,30 2 * * *", "15 2,3 * * *"])
def test_a_skipped_hour_fires_once_at_the_next_valid_minute(text: str) -> None:
    # Given the night of 29 March, in which two o'clock is three o'clock
    (first, second) = next_times(text, "2026-03-29T01:59", 2, BERLIN)

    assert first == "Sun 2026-03-29 03:00 +0200"
    assert second.startswith(("Mon 2026-03-30", "Sun 2026-03-29 03:15"))


def test_a_repeated_hour_fires_once() -> None:
    # Given the night of 25 October, in which half past two comes twice
    assert next_times("30 2 * * *", "2026-10-24T12:00", 2, BERLIN) == [
        "Sun 2026-10-25 02:30 +0200",
        "Mon 2026-10-26 02:30 +0100",
    ]


@pytest.mark.parametrize("start", ["2026-10-25T02:10+01:00", "2026-10-25T02:40+02:00"])
def test_whoever_asks_within_the_repeated_hour_gets_no_earlier_time(start: str) -> None:
    assert next_times("30 2 * * *", start, 1, BERLIN) == ["Mon 2026-10-26 02:30 +0100"]


def test_what_runs_at_intervals_follows_the_real_time_through_both_nights() -> None:
    # Given a day of 25 hours, and one of 23
    autumn = next_times("*/15 * * * *", "2026-10-24T23:59", 101, BERLIN)
    spring = next_times("*/15 * * * *", "2026-03-28T23:59", 93, BERLIN)

    # Then each quarter of an hour has its time, and none has two
    assert autumn[100] == "Mon 2026-10-26 00:00 +0100"
    assert spring[92] == "Mon 2026-03-30 00:00 +0200"
    assert len(set(autumn)) == 101


@pytest.mark.parametrize(
    "text",
    [
        *("", "* * * *", "* * * * * *", "@daily", "60 * * * *", "0 24 * * *", "0 0 0 * *"),
        *("0 0 * 13 *", "0 0 * * 8", "*/0 * * * *", "5-1 * * * *", "1,,2 * * * *", "x * * * *"),
        *("0 0 L * *", "0 0 LW * *", "0 0 * * 5L", "0 0 * * MON#1", "0 0 ? * *", "0 0 30 2 *"),
    ],
)
def test_what_is_no_cron_is_refused(text: str) -> None:
    with pytest.raises(InvalidCron, match=r"is no cron expression|never comes"):
        Cron.parse(text)


def test_a_refusal_names_the_field_at_fault() -> None:
    with pytest.raises(InvalidCron, match="check its day of week"):
        Cron.parse("0 9 * * 8")


@pytest.mark.parametrize(
    "name", ["", "Berlin", "europe/berlin", "Europe", "../etc/passwd", "a" * 9999, "UTC\0"]
)
def test_an_unknown_time_zone_is_refused(name: str) -> None:
    with pytest.raises(UnknownZone, match="is no time zone"):
        Cron.parse("0 9 * * *", name)


def test_jitter_stays_below_the_distance_of_two_due_times() -> None:
    Cron.parse("*/15 * * * *").check_jitter(899)
    with pytest.raises(JitterTooLong, match="less than the 900 s between two times"):
        Cron.parse("*/15 * * * *").check_jitter(900)
