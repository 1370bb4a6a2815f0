"""The prefetch that fits a queue's jobs."""

from warren.messaging.prefetch import MAX_PREFETCH, PrefetchGauge


def test_slow_jobs_are_not_hoarded() -> None:
    # Given jobs of a minute in eight threads
    # Then no more than one a thread is asked for
    assert PrefetchGauge(threads=8).finished(60.0) == 8


def test_quick_jobs_are_fetched_for_a_tenth_of_a_second() -> None:
    # Given jobs of ten milliseconds in four threads
    # Then forty of them last a tenth of a second
    assert PrefetchGauge(threads=4).finished(0.01) == 40


def test_there_is_an_upper_limit() -> None:
    # Given jobs that take no time
    # Then the prefetch is bounded
    assert PrefetchGauge(threads=8).finished(0.0) == MAX_PREFETCH


def test_one_slow_job_among_quick_ones_changes_little() -> None:
    # Given many jobs of a millisecond
    gauge = PrefetchGauge(threads=1)
    for _ in range(100):
        gauge.finished(0.001)
    # When one takes ten
    # Then the prefetch goes down by half at most
    assert 50 <= gauge.finished(0.010) < 100
