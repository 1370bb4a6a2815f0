"""When slots count as occupied by long jobs, with timers that the test calls."""

from collections.abc import Callable
from typing import Any

import pika
import pytest

from warren.messaging.delivery import Delivery
from warren.messaging.inbox import Inbox
from warren.messaging.lane_watch import LaneWatch


class _Thread:
    """The connection's thread: runs what is due when it is told to."""

    def __init__(self) -> None:
        self.due: list[Callable[[], None]] = []

    def call_later(self, seconds: float, callback: Callable[[], None]) -> None:
        self.due.append(callback)

    def go_on(self, turns: int = 1) -> None:
        for _ in range(turns):
            due, self.due = self.due, []
            for callback in due:
                callback()


@pytest.fixture
def thread() -> Any:
    return _Thread()


@pytest.fixture
def inbox() -> Inbox:
    return Inbox(["test.default"], slots=1)


@pytest.fixture
def stalls() -> list[str]:
    return []


@pytest.fixture
def watch(inbox: Inbox, thread: Any, stalls: list[str]) -> LaneWatch:
    return LaneWatch(inbox, thread, lambda: stalls.append("stalled"))


def _come(inbox: Inbox, watch: LaneWatch, count: int) -> None:
    for tag in range(count):
        watch.begin()
        inbox.put(Delivery("test.default", b"{}", pika.BasicProperties(), False, 0, 0, tag))


def test_messages_that_wait_behind_a_job_that_goes_on_and_on_are_noticed_once(
    inbox: Inbox, watch: LaneWatch, thread: _Thread, stalls: list[str]
) -> None:
    _come(inbox, watch, 3)
    inbox.take(1, 0)

    thread.go_on(100)

    assert stalls == ["stalled"]
    # And after a while nothing is looked at until something comes
    assert thread.due == []


def test_as_long_as_jobs_begin_nothing_stands_still(
    inbox: Inbox, watch: LaneWatch, thread: _Thread, stalls: list[str]
) -> None:
    _come(inbox, watch, 40)
    while inbox.take(1, 0):
        thread.go_on(4)

    assert stalls == []


def test_a_process_that_was_stopped_has_missed_all_looks_but_one(
    inbox: Inbox, watch: LaneWatch, thread: _Thread, stalls: list[str]
) -> None:
    # Given a job that runs, and others behind it
    _come(inbox, watch, 3)
    (job,) = inbox.take(1, 0)
    # When the process stands still for however long: one timer is due afterwards
    before = watch.looks
    thread.go_on()
    inbox.finished(job)
    # Then that is no time to speak of
    assert watch.looks - before == 1
    assert stalls == []


def test_an_idle_process_does_not_look(inbox: Inbox, watch: LaneWatch, thread: _Thread) -> None:
    _come(inbox, watch, 1)
    (job,) = inbox.take(1, 0)
    inbox.finished(job)

    thread.go_on()

    assert thread.due == []
