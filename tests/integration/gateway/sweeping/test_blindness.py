"""Who is paged learns that nothing can be said about losses, and why."""

from typing import Any

import psycopg
import pytest
from prometheus_client import CollectorRegistry

from gateway.alerts.store import Alerts
from gateway.sweeping.blindness import Blindness

pytestmark = pytest.mark.postgres

PATIENCE = 300.0
_STANDING = "SELECT message FROM alerts WHERE name = 'sweeper_waits' AND cleared_at IS NULL"


class Watch:
    """A sweeper's looks, at moments that the test chooses."""

    def __init__(self, database: psycopg.Connection[Any]) -> None:
        self._database = database
        self._alerts = Alerts(CollectorRegistry())
        self._now = 0.0
        self._blindness = Blindness(lambda: self._now)

    def looks(self, at: float, reason: str | None) -> list[str]:
        """What is told of after a look at that moment."""
        self._now = at
        self._blindness.note(reason)
        self._blindness.tell(self._database, self._alerts, PATIENCE)
        return [row["message"] for row in self._database.execute(_STANDING)]


@pytest.fixture
def watch(database: psycopg.Connection[Any]) -> Watch:
    return Watch(database)


def test_a_sweeper_that_cannot_tell_for_long_raises_an_alert_that_says_why(watch: Watch) -> None:
    assert watch.looks(0, "the broker has not been connected for long") == []
    assert watch.looks(299, "no recorder has beaten lately") == []

    (message,) = watch.looks(301, "no recorder has beaten lately")

    assert "for 5 minutes: no recorder has beaten lately" in message


def test_it_is_over_once_the_sweeper_sees_again(watch: Watch) -> None:
    watch.looks(0, "no recorder has beaten lately")
    assert watch.looks(301, "no recorder has beaten lately")

    # One clear look may be luck
    assert watch.looks(316, None)
    assert watch.looks(331, None) == []


def test_the_time_begins_anew_once_it_has_seen_and_not_after_a_lucky_look(watch: Watch) -> None:
    watch.looks(0, "no recorder has beaten lately")
    watch.looks(185, None)
    watch.looks(200, None)
    watch.looks(215, "12 beats wait")
    watch.looks(230, None)
    assert watch.looks(301, "7 beats wait") == []

    assert watch.looks(501, "9 beats wait")


def test_one_that_is_blind_while_another_sees_does_not_page_somebody_at_each_look(
    database: psycopg.Connection[Any], watch: Watch
) -> None:
    # Given an alert that another housekeeper, which sees, has cleared
    watch.looks(0, "the broker does not answer")
    assert watch.looks(301, "the broker does not answer")
    database.execute("UPDATE alerts SET cleared_at = now()")

    assert watch.looks(316, "the broker does not answer") == []
    assert watch.looks(602, "the broker does not answer")
