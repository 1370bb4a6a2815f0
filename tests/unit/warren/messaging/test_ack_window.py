"""Acks: as few frames as possible, and never one too many."""

from hypothesis import given
from hypothesis import strategies as st

from warren.messaging.ack_window import AckWindow


def _window(*tags: int) -> AckWindow:
    window = AckWindow()
    for tag in tags:
        window.delivered(tag, "consumer")
    return window


def test_an_unbroken_run_from_the_oldest_takes_one_ack() -> None:
    # Given five deliveries
    window = _window(1, 2, 3, 4, 5)
    # When the first three and the last are acked together
    acks = window.acks([5, 2, 1, 3])
    # Then two frames are enough
    assert acks == [(3, True), (5, False)]
    assert len(window) == 1


def test_deliveries_settled_otherwise_do_not_break_the_run() -> None:
    # Given three deliveries, of which the second was given back
    window = _window(1, 2, 3)
    assert window.settle(2)
    # When the others are acked
    # Then one ack covers both: the broker has forgotten the second
    assert window.acks([1, 3]) == [(3, True)]


def test_nothing_is_settled_twice() -> None:
    # Given a settled delivery
    window = _window(1, 2)
    window.acks([1])
    # Then it is known to be
    assert not window.settle(1)
    assert window.acks([1]) == []


def test_each_consumer_has_a_count_of_its_own() -> None:
    # Given deliveries to two consumers of a channel
    window = AckWindow()
    window.delivered(1, "old")
    window.delivered(2, "old")
    window.delivered(3, "new")
    # When one of the first is acked
    window.acks([2])
    # Then the counts follow
    assert (window.held_by("old"), window.held_by("new")) == (1, 1)


@given(st.lists(st.sets(st.integers(1, 30)), max_size=10))
def test_exactly_what_was_asked_for_is_settled(batches: list[set[int]]) -> None:
    # Given thirty deliveries at a broker that follows the protocol
    window, unsettled = _window(*range(1, 31)), set(range(1, 31))
    for batch in batches:
        # When some are acked
        expected = unsettled - batch
        for tag, multiple in window.acks(batch):
            # Then no frame names a delivery that the broker does not know
            assert tag in unsettled
            unsettled -= {t for t in unsettled if t <= tag} if multiple else {tag}
        # And the broker is left with just the others
        assert unsettled == expected
        assert len(window) == len(unsettled)
