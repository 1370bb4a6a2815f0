"""Which dispatches are lost, given what was seen in look after look."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from gateway.sweeping.decision import SweepMemory
from gateway.sweeping.facts import Custody, Facts, QueueFacts, Start
from warren.contracts.ids import new_id
from warren.contracts.message import Dispatch

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
QUEUE = "test.default"
EMPTY, BUSY = QueueFacts(ready=0), QueueFacts(ready=7)
TASK = Dispatch(new_id(), 1, 1)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


class Looks:
    """A sweeper that looks at one task, published at noon, and at its queue."""

    def __init__(self) -> None:
        self._memory = SweepMemory(timedelta(seconds=60), timedelta(seconds=20))

    def look(
        self,
        seconds: float,
        queue: QueueFacts = EMPTY,
        *,
        held: bool = False,
        blind: str | None = None,
        hold: str | None = None,
        dispatch: Dispatch = TASK,
        queued: float = 0,
    ) -> bool:
        """Whether the task is lost as of so many seconds after noon."""
        queues: Mapping[str, QueueFacts] = {QUEUE: queue}
        custody = [Custody(dispatch, QUEUE, at(queued), held)]
        return bool(self._memory.lost(Facts(at(seconds), custody, queues, blind, hold)))


def test_what_nobody_holds_is_lost_once_its_queue_has_been_empty_for_a_minute() -> None:
    looks = Looks()
    assert not looks.look(10)
    assert not looks.look(40)
    assert not looks.look(69)
    assert looks.look(70)


def test_what_a_live_process_holds_is_never_lost() -> None:
    looks = Looks()
    assert not any(looks.look(seconds, held=True) for seconds in range(0, 100_000, 30))


def test_held_in_a_single_look_it_has_a_whole_minute_again() -> None:
    looks = Looks()
    looks.look(0)
    looks.look(30, held=True)
    assert not looks.look(70)
    assert not looks.look(129)
    assert looks.look(130)


def test_while_messages_wait_in_the_queue_it_may_be_one_of_them() -> None:
    looks = Looks()
    assert not any(looks.look(seconds, BUSY) for seconds in range(0, 100_000, 30))


def test_a_queue_that_filled_in_between_has_to_be_empty_for_a_minute_again() -> None:
    looks = Looks()
    looks.look(0)
    looks.look(30, BUSY)
    assert not looks.look(70)
    assert looks.look(130)


def busy_with(published: float, started: float) -> QueueFacts:
    return QueueFacts(ready=7, newest=Start(at(published), at(started)))


def test_what_was_published_later_and_started_long_ago_has_overtaken_it() -> None:
    looks = Looks()
    looks.look(0, BUSY)
    assert not looks.look(30, busy_with(published=25, started=29))
    assert not looks.look(88, BUSY)
    assert looks.look(89, BUSY)


def test_what_was_published_at_about_the_same_time_proves_nothing() -> None:
    looks = Looks()
    looks.look(0, BUSY)
    looks.look(30, busy_with(published=19, started=29))
    assert not looks.look(1000, BUSY)


def test_what_was_started_before_its_last_holder_was_gone_proves_nothing() -> None:
    # It was redelivered since, and may stand in the queue again.
    looks = Looks()
    looks.look(0, busy_with(published=25, started=26), held=True)
    looks.look(30, busy_with(published=25, started=26))
    assert not looks.look(1000, BUSY)


def test_a_paused_queue_is_left_alone_and_has_its_minute_after_that() -> None:
    looks = Looks()
    paused = QueueFacts(ready=0, paused=True)
    assert not any(looks.look(seconds, paused) for seconds in range(0, 1000, 30))
    assert not looks.look(1000)
    assert looks.look(1060)


def test_a_look_that_could_not_tell_how_full_the_queue_is_decides_nothing() -> None:
    looks = Looks()
    looks.look(0)
    assert not looks.look(70, QueueFacts(ready=None))
    assert looks.look(80)


def test_looks_that_never_could_tell_prove_nothing() -> None:
    looks = Looks()
    assert not any(looks.look(seconds, QueueFacts(ready=None)) for seconds in range(0, 1000, 30))
    assert not looks.look(1000)
    assert looks.look(1060)


def test_what_was_seen_before_a_blind_look_no_longer_counts() -> None:
    looks = Looks()
    looks.look(0)
    assert not looks.look(70, blind="the recorders lag")
    assert not looks.look(80)
    assert not looks.look(139)
    assert looks.look(140)


def test_a_hold_delays_and_forgets_nothing() -> None:
    looks = Looks()
    looks.look(0)
    assert not looks.look(70, hold="a recorder is silent")
    assert looks.look(71)


def test_another_dispatch_of_the_same_task_starts_afresh() -> None:
    looks = Looks()
    looks.look(0)
    second = Dispatch(TASK.task_id, 1, 2)
    assert not looks.look(70, dispatch=second)
    assert looks.look(130, dispatch=second)


def test_what_was_handed_back_behind_the_overtaking_one_waits_for_its_turn() -> None:
    # Given a task published at noon that a worker has handed back after 35 s, behind one that was
    # published at 30 s, has been started, and takes long
    looks = Looks()
    looks.look(20, BUSY, held=True)
    overtaking = busy_with(published=30, started=40)
    # Then it is not lost, for as long as the other runs
    assert not any(looks.look(36 + s, overtaking, queued=35) for s in range(0, 3600, 15))
    # But when one has overtaken it that was published later than that
    looks.look(3640, busy_with(published=60, started=3640), queued=35)
    assert looks.look(3700, BUSY, queued=35)
