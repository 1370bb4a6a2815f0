"""What the inbox hands out when slots are scarce, and what it leaves to whom."""

import pika
import pytest

from warren.messaging.delivery import Delivery
from warren.messaging.inbox import Inbox
from warren.messaging.occupancy import Capacity

LANES = ("test.critical", "test.default", "test.low")


def _inbox(*queues: str, capacity: Capacity) -> Inbox:
    return Inbox(queues or LANES, capacity=capacity)


def _come(inbox: Inbox, lane: str, count: int = 1) -> None:
    for tag in range(count):
        inbox.put(Delivery(f"test.{lane}", b"", pika.BasicProperties(), False, 0, 1, tag))


def _take_all(inbox: Inbox) -> list[Delivery]:
    taken: list[Delivery] = []
    while more := inbox.take(1, timeout=0):
        taken += more
    return taken


def _lanes(deliveries: list[Delivery]) -> list[str]:
    return [delivery.queue.removeprefix("test.") for delivery in deliveries]


@pytest.mark.parametrize(("slots", "for_low"), [(1, 1), (2, 1), (4, 3)])
def test_low_jobs_leave_the_reserve_to_the_others_but_never_have_nothing(
    slots: int, for_low: int
) -> None:
    inbox = _inbox(capacity=Capacity(slots, slots, reserved=1))
    _come(inbox, "low", 9)
    assert _lanes(_take_all(inbox)) == ["low"] * for_low

    _come(inbox, "default", 9)
    assert _lanes(_take_all(inbox)) == ["default"] * (slots - for_low)


def test_jobs_of_other_lanes_may_have_all_slots() -> None:
    inbox = _inbox(capacity=Capacity(2, 2, reserved=1))
    _come(inbox, "default", 9)

    assert _lanes(_take_all(inbox)) == ["default", "default"]


def test_beside_a_job_of_another_lane_a_low_one_may_have_the_last_slot() -> None:
    # Otherwise the low lane would starve in a process that is never idle
    inbox = _inbox(capacity=Capacity(2, 2, reserved=1))
    _come(inbox, "default")
    _come(inbox, "low", 2)

    assert _lanes(_take_all(inbox)) == ["default", "low"]


def test_who_serves_the_low_lane_alone_keeps_nothing_for_others() -> None:
    inbox = _inbox("test.low", capacity=Capacity(2, 2, reserved=1))
    _come(inbox, "low", 9)

    assert _lanes(_take_all(inbox)) == ["low", "low"]


def test_a_slot_that_comes_free_goes_to_the_next_low_job() -> None:
    inbox = _inbox(capacity=Capacity(2, 2, reserved=1))
    _come(inbox, "low", 2)
    (first,) = _take_all(inbox)

    inbox.finished(first)
    inbox.finished(first)

    assert len(_take_all(inbox)) == 1
    assert (inbox.free_slots, inbox.left_to_low) == (1, 0)


def _short_low_jobs(inbox: Inbox, count: int = 10) -> None:
    for _ in range(count):
        _come(inbox, "low")
        inbox.finished(inbox.take(1, timeout=0)[0], seconds=0.05)


def test_short_low_jobs_have_all_slots() -> None:
    inbox = _inbox(capacity=Capacity(2, 2, reserved=1))
    _short_low_jobs(inbox)
    _come(inbox, "low", 9)

    assert _lanes(_take_all(inbox)) == ["low", "low"]


def test_one_long_low_job_among_short_ones_keeps_the_low_lane_from_the_reserve() -> None:
    inbox = _inbox(capacity=Capacity(2, 2, reserved=1))
    _short_low_jobs(inbox)
    _come(inbox, "low")
    inbox.finished(_take_all(inbox)[0], seconds=0.5)
    _short_low_jobs(inbox, 9)
    _come(inbox, "low", 9)

    assert _lanes(_take_all(inbox)) == ["low"]


def test_what_has_not_run_says_nothing_about_the_low_lane() -> None:
    inbox = _inbox(capacity=Capacity(2, 2, reserved=1))
    for _ in range(20):
        _come(inbox, "low")
        inbox.finished(inbox.take(1, timeout=0)[0])
    _come(inbox, "low", 9)

    assert _lanes(_take_all(inbox)) == ["low"]


def test_others_get_as_many_slots_as_long_low_jobs_keep_of_the_reserve() -> None:
    # Given short low jobs, and then such in all slots that go on and on
    inbox = _inbox(capacity=Capacity(4, 4, reserved=2))
    _short_low_jobs(inbox)
    _come(inbox, "low", 9)
    low = _take_all(inbox)
    assert len(low) == 4

    # When that is noticed, Then two others may begin, and no low one, nor is it noticed again
    assert inbox.make_good()
    assert not inbox.make_good()
    _come(inbox, "default", 9)
    others = _take_all(inbox)
    assert _lanes(others) == ["default", "default"]

    # And they hand these slots back with the ends of the low ones
    for job in low[:2]:
        inbox.finished(job, seconds=300)
    assert _take_all(inbox) == []
    inbox.finished(others[0], seconds=0.1)
    assert _lanes(_take_all(inbox)) == ["default"]


def test_there_is_nothing_to_make_good_where_low_jobs_have_left_the_reserve() -> None:
    inbox = _inbox(capacity=Capacity(2, 2, reserved=1))
    _come(inbox, "low", 2)
    _take_all(inbox)

    assert not inbox.make_good()
    assert inbox.left_to_low == -1


def test_long_low_jobs_that_have_left_their_threads_are_made_good_as_well() -> None:
    # Given three low jobs, as many as there may be at once, none of which is in the only thread
    inbox = _inbox(capacity=Capacity(1, 3, reserved=1))
    _short_low_jobs(inbox)
    _come(inbox, "low", 9)
    for _ in range(3):
        (job,) = _take_all(inbox)
        inbox.leave_thread(job)
    assert _take_all(inbox) == []

    assert inbox.make_good()
    _come(inbox, "critical", 2)
    assert _lanes(_take_all(inbox)) == ["critical"]


def test_only_low_messages_that_have_to_wait_are_withdrawn_while_others_are_served() -> None:
    # Given a low job that runs, and messages of two lanes that were fetched ahead
    inbox = _inbox(capacity=Capacity(2, 2, reserved=1))
    _come(inbox, "low", 3)
    _take_all(inbox)
    _come(inbox, "default", 3)
    assert inbox.low_waits

    # When only the low lane is to be relieved, Then the others stay
    assert _lanes(inbox.withdraw(low_only=True)) == ["low", "low"]
    # And otherwise what is more than there are slots goes, too
    assert _lanes(inbox.withdraw()) == ["default", "default"]
    assert _lanes(_take_all(inbox)) == ["default"]


def test_a_job_that_leaves_its_thread_makes_room_until_there_are_as_many_as_may_be() -> None:
    # Given two threads, and four jobs at once
    inbox = _inbox(capacity=Capacity(2, 4))
    _come(inbox, "default", 9)
    jobs = _take_all(inbox)
    assert len(jobs) == 2

    # When those go on elsewhere, Then two more may begin, and no fifth
    for job in jobs:
        inbox.leave_thread(job)
    more = _take_all(inbox)
    assert len(more) == 2
    for job in more:
        inbox.leave_thread(job)
    assert _take_all(inbox) == []

    # And when one ends, wherever it is, the next one may
    inbox.finished(jobs[0])
    assert len(_take_all(inbox)) == 1


def test_low_jobs_that_have_left_their_threads_leave_the_reserve_too() -> None:
    inbox = _inbox(capacity=Capacity(1, 3, reserved=1))
    _come(inbox, "low", 9)
    for _ in range(2):
        (job,) = _take_all(inbox)
        inbox.leave_thread(job)

    assert _take_all(inbox) == []
    _come(inbox, "critical")
    assert _lanes(_take_all(inbox)) == ["critical"]


def test_what_left_its_thread_after_its_end_occupies_nothing() -> None:
    inbox = _inbox(capacity=Capacity(1, 2))
    _come(inbox, "default")
    (job,) = _take_all(inbox)
    inbox.finished(job)
    inbox.leave_thread(job)

    assert not inbox.busy
    assert inbox.free_slots == 1
