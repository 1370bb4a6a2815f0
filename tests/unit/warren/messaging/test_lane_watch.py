"""When slots count as occupied by long jobs, with timers that the test calls."""

from collections.abc import Callable
from typing import Any

import pika
import pytest

from warren.messaging.delivery import Delivery
from warren.messaging.inbox import Inbox
from warren.messaging.lane_watch import LaneWatch
from warren.messaging.occupancy import Capacity


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
    return Inbox(["test.default", "test.low"], capacity=Capacity(2, 2, reserved=1))


@pytest.fixture
def stalls() -> list[str]:
    return []


@pytest.fixture
def watch(inbox: Inbox, thread: Any, stalls: list[str]) -> LaneWatch:
    def stalled() -> None:
        stalls.append("stalled")
        inbox.withdraw()

    def low_stalled() -> None:
        stalls.append("low stalled")
        inbox.withdraw(low_only=True)

    return LaneWatch(inbox, thread, stalled, low_stalled)


def _come(inbox: Inbox, watch: LaneWatch, count: int, queue: str = "test.default") -> None:
    for tag in range(count):
        watch.begin()
        inbox.put(Delivery(queue, b"{}", pika.BasicProperties(), False, 0, 0, tag))


def test_messages_that_wait_behind_a_job_that_goes_on_and_on_are_noticed_once(
    inbox: Inbox, watch: LaneWatch, thread: _Thread, stalls: list[str]
) -> None:
    _come(inbox, watch, 3)
    inbox.take(2, 0)

    thread.go_on(100)

    assert stalls == ["stalled"]
    # And after a while nothing is looked at until something comes
    assert thread.due == []


def test_as_long_as_jobs_begin_nothing_stands_still(
    inbox: Inbox, watch: LaneWatch, thread: _Thread, stalls: list[str]
) -> None:
    _come(inbox, watch, 40)
    while taken := inbox.take(1, 0):
        thread.go_on(4)
        inbox.finished(taken[0])

    assert stalls == []


def test_low_messages_that_wait_for_a_long_one_are_noticed_while_others_come_and_go(
    inbox: Inbox, watch: LaneWatch, thread: _Thread, stalls: list[str]
) -> None:
    # Given a job that goes on and on, and another one behind it, in the low lane
    _come(inbox, watch, 2, "test.low")
    inbox.take(1, 0)
    # When jobs of another lane begin and end meanwhile
    for _ in range(20):
        _come(inbox, watch, 1)
        (job,) = inbox.take(1, 0)
        thread.go_on()
        inbox.finished(job)
    # Then it is the low lane alone that stands still
    assert stalls == ["low stalled"]


def test_low_messages_that_come_to_a_long_one_later_are_noticed_as_well(
    inbox: Inbox, watch: LaneWatch, thread: _Thread, stalls: list[str]
) -> None:
    # Given a long low job, beside which others come and go
    _come(inbox, watch, 1, "test.low")
    inbox.take(1, 0)
    for number in range(40):
        _come(inbox, watch, 1)
        (job,) = inbox.take(1, 0)
        thread.go_on()
        inbox.finished(job)
        # When a further low one comes after half a second
        if number == 25:
            _come(inbox, watch, 1, "test.low")
    # Then it is not kept
    assert stalls == ["low stalled"]
    assert not inbox.snapshot()


def test_the_reserve_that_long_low_jobs_keep_is_made_good(
    inbox: Inbox, watch: LaneWatch, thread: _Thread, stalls: list[str]
) -> None:
    # Given a low lane of short jobs, and then two in all slots that go on and on
    for _ in range(10):
        _come(inbox, watch, 1, "test.low")
        inbox.finished(inbox.take(1, 0)[0], seconds=0.01)
    _come(inbox, watch, 2, "test.low")
    assert len(inbox.take(2, 0)) == 2
    # When they are looked at, some times less than a short one may take, and then more
    thread.go_on(14)
    assert (inbox.free_slots, stalls) == (0, [])
    thread.go_on(80)
    # Then the other lanes have a slot more, once
    assert (inbox.free_slots, stalls) == (1, ["low stalled"])


def test_the_reserve_is_made_good_also_if_the_connection_goes_meanwhile(
    inbox: Inbox, watch: LaneWatch, thread: _Thread, stalls: list[str]
) -> None:
    # Given low jobs that have taken all slots after short ones, and go on and on
    for _ in range(10):
        _come(inbox, watch, 1, "test.low")
        inbox.finished(inbox.take(1, 0)[0], seconds=0.01)
    _come(inbox, watch, 2, "test.low")
    assert len(inbox.take(2, 0)) == 2
    thread.go_on(5)
    # When a new connection is open, the timers of the last one are void, and no message comes
    thread.due.clear()
    watch.restart()
    thread.go_on(80)
    # Then the other lanes have a slot more all the same
    assert (inbox.free_slots, stalls) == (1, ["low stalled"])


def test_a_new_connection_of_an_idle_process_is_not_looked_at(
    watch: LaneWatch, thread: _Thread
) -> None:
    watch.restart()

    assert thread.due == []


def test_low_messages_that_only_wait_for_their_turn_do_not_stand_still(
    inbox: Inbox, watch: LaneWatch, thread: _Thread, stalls: list[str]
) -> None:
    # Given long jobs of another lane in all slots, and a low one that could begin if it were free
    _come(inbox, watch, 2)
    inbox.take(2, 0)
    _come(inbox, watch, 1, "test.low")
    thread.go_on(100)
    # Then it is as for any message
    assert stalls == ["stalled"]


def test_a_process_that_was_stopped_has_missed_all_looks_but_one(
    inbox: Inbox, watch: LaneWatch, thread: _Thread, stalls: list[str]
) -> None:
    # Given a job that runs, and others behind it
    _come(inbox, watch, 3)
    (job, _) = inbox.take(2, 0)
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
