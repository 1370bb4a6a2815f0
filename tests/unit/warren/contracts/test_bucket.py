"""A bucket bounds starts, whenever workers start what was published."""

from hypothesis import given
from hypothesis import strategies as st

from warren.contracts.bucket import Bucket
from warren.contracts.limits import Rate


def test_a_new_bucket_admits_its_burst_at_once_and_then_one_by_one() -> None:
    rate = Rate(10, burst=5)
    bucket = Bucket.new(rate, 0.0, unstarted=0)

    assert bucket.available(rate) == 5
    emptied = bucket.taken(5).refilled(rate, 0.0, unstarted=0)
    assert emptied.available(rate) == 0
    assert emptied.refilled(rate, 0.1, 0).available(rate) == 1


def test_what_is_unstarted_takes_the_place_of_tokens() -> None:
    rate = Rate(10, burst=5)
    emptied = Bucket.new(rate, 0.0, unstarted=0).taken(5)

    # However long nobody starts anything, no more is published.
    assert emptied.refilled(rate, 100.0, unstarted=5).available(rate) == 0
    # All five start at once: the five tokens of the time before are not there to follow them.
    assert emptied.refilled(rate, 100.0, unstarted=0).available(rate) == 0


def test_a_burst_of_one_admits_one_after_the_other() -> None:
    rate = Rate(10, burst=1)
    first = Bucket.new(rate, 0.0, unstarted=0).taken(1)

    started = first.refilled(rate, 0.1, unstarted=0)

    assert started.next_in(rate) < 0.001
    assert started.refilled(rate, 0.101, unstarted=0).available(rate) == 1


steps = st.lists(
    st.tuples(
        st.floats(0.0, 0.5),  # time that passes
        st.integers(0, 5),  # messages that workers start meanwhile
        st.booleans(),  # whether the relay looks
    ),
    max_size=200,
)


@given(st.integers(1, 20), st.integers(1, 10), steps)
def test_no_second_has_more_starts_than_rate_and_burst(
    per_second: int, burst: int, story: list[tuple[float, int, bool]]
) -> None:
    rate = Rate(per_second, burst)
    now, unstarted, starts = 0.0, 0, []
    bucket = Bucket.new(rate, now, unstarted)
    for passed, wanted, looks in story:
        now += passed
        started = min(wanted, unstarted)
        unstarted -= started
        starts += [now] * started
        if looks:
            bucket = bucket.refilled(rate, now, unstarted)
            count = bucket.available(rate)
            bucket = bucket.taken(count)
            unstarted += count
            assert unstarted <= burst
    for begin in starts:
        assert sum(begin <= moment < begin + 1 for moment in starts) <= per_second + burst
