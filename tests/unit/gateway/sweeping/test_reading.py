"""What the numbers of database and broker mean."""

from dataclasses import replace
from datetime import UTC, datetime

from gateway.sweeping.broker import ABSENT, Depth
from gateway.sweeping.facts import Custody
from gateway.sweeping.reading import Live, Rows, facts_of
from warren.contracts.ids import new_id
from warren.contracts.message import Dispatch
from warren.messaging.topology import CONTROL_QUEUE, DEAD_QUEUE, STATUS_QUEUE

NOW = datetime(2026, 1, 1, tzinfo=UTC)
QUEUE = "test.default"
ROWS = Rows(
    now=NOW,
    live=Live(frozenset(), frozenset(), frozenset({QUEUE})),
    custody=[Custody(Dispatch(new_id(), 1, 1), QUEUE, NOW, held=False)],
    newest={},
    paused=frozenset(),
    recorders=1,
    silent_recorders=0,
)
READ = (STATUS_QUEUE, CONTROL_QUEUE, DEAD_QUEUE)
DEPTHS = {**dict.fromkeys(READ, Depth(0, 1)), QUEUE: Depth(0, 2)}


def test_with_recorders_that_keep_up_everything_can_be_believed() -> None:
    facts = facts_of(ROWS, DEPTHS)
    assert facts.blind is None
    assert facts.hold is None
    assert facts.queues[QUEUE].ready == 0


def test_beats_that_wait_make_blind_and_statuses_that_wait_delay() -> None:
    beats = facts_of(ROWS, {**DEPTHS, CONTROL_QUEUE: Depth(1, 1)})
    assert (beats.blind is None, beats.hold is None) == (False, True)
    for queue in (STATUS_QUEUE, DEAD_QUEUE):
        statuses = facts_of(ROWS, {**DEPTHS, queue: Depth(1, 1)})
        assert (statuses.blind is None, statuses.hold is None) == (True, False)


def test_without_a_recorder_nothing_is_believed() -> None:
    assert facts_of(ROWS, {**DEPTHS, STATUS_QUEUE: Depth(0, 0)}).blind
    assert facts_of(replace(ROWS, recorders=0), DEPTHS).blind


def test_a_recorder_that_fell_silent_may_hold_statuses() -> None:
    assert facts_of(replace(ROWS, silent_recorders=1), DEPTHS).hold


def test_a_served_queue_without_consumers_may_be_without_a_leader() -> None:
    assert facts_of(ROWS, {**DEPTHS, QUEUE: ABSENT}).queues[QUEUE].ready is None


def test_a_queue_that_nobody_serves_is_empty_when_the_broker_says_so() -> None:
    unserved = replace(ROWS, live=Live(frozenset(), frozenset(), frozenset()))
    assert facts_of(unserved, {**DEPTHS, QUEUE: ABSENT}).queues[QUEUE].ready == 0
