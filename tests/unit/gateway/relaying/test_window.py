"""How many unstarted messages a queue may have in the broker."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.relaying.window import DrainMeter, WindowBounds


@pytest.mark.parametrize(
    ("rate", "slots", "expected"),
    [(0, 0, 16), (100, 0, 200), (1, 20, 40), (0, 4, 16), (10_000, 0, 5000), (0, 9000, 5000)],
)
def test_a_window_is_two_seconds_of_work_within_its_bounds(
    rate: float, slots: int, expected: int
) -> None:
    assert WindowBounds().size(rate, slots) == expected


@given(st.floats(0, 1e9), st.integers(0, 10**6))
def test_a_window_never_leaves_its_bounds(rate: float, slots: int) -> None:
    assert 16 <= WindowBounds().size(rate, slots) <= 5000


def test_nothing_is_known_at_first() -> None:
    assert DrainMeter().rate(now=5.0, unstarted=3) == 0.0


def test_what_was_published_and_is_no_longer_unstarted_has_started() -> None:
    meter = DrainMeter()
    meter.rate(now=0.0, unstarted=0)

    meter.published(100)

    assert meter.rate(now=0.5, unstarted=60) == 80.0


def test_a_queue_that_nobody_serves_has_no_rate() -> None:
    meter = DrainMeter()
    meter.rate(now=0.0, unstarted=0)

    meter.published(16)

    assert meter.rate(now=0.5, unstarted=16) == 0.0


def test_messages_of_another_relay_make_no_negative_rate() -> None:
    meter = DrainMeter()
    meter.rate(now=0.0, unstarted=0)

    assert meter.rate(now=0.5, unstarted=900) == 0.0


def test_only_the_last_second_counts() -> None:
    meter = DrainMeter()
    meter.published(10_000)
    unstarted = 10_000
    for tick in range(20):  # a second of 5,000 starts a second, then a second of 100
        meter.rate(now=tick / 10, unstarted=unstarted)
        unstarted -= 500 if tick < 10 else 10

    assert meter.rate(now=2.0, unstarted=unstarted) == pytest.approx(100)


def test_after_a_silence_measuring_starts_afresh() -> None:
    meter = DrainMeter()
    meter.rate(now=0.0, unstarted=0)
    meter.published(1000)

    assert meter.rate(now=60.0, unstarted=0) == 0.0
