"""The prefetch that fits a queue's jobs."""

from warren.messaging.prefetch import MAX_PREFETCH, PrefetchGauge, SlotGauge


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


class _Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_nothing_is_fetched_ahead_as_long_as_nothing_is_known() -> None:
    assert not SlotGauge().short


def test_short_jobs_are_fetched_ahead() -> None:
    gauge = SlotGauge()
    gauge.finished(0.001)
    assert gauge.short


def test_a_long_job_among_short_ones_occupies_the_slots_that_count() -> None:
    # Given a hundred jobs of a millisecond in half a second, and one that has taken a second
    clock = _Clock()
    gauge = SlotGauge(clock)
    for _ in range(100):
        clock.now += 0.005
        gauge.finished(0.001)
    gauge.finished(1.0)
    # Then slots are not free soon
    assert not gauge.short


def test_long_jobs_that_are_over_are_forgotten_in_some_seconds() -> None:
    # Given a job of ten minutes, and short ones since
    clock = _Clock()
    gauge = SlotGauge(clock)
    gauge.finished(600.0)
    while not gauge.short and clock.now < 60:
        clock.now += 0.01
        gauge.finished(0.001)
    # Then jobs are soon fetched ahead again
    assert clock.now < 10


def test_short_jobs_are_not_fetched_ahead_once_the_slots_are_found_occupied() -> None:
    gauge = SlotGauge()
    for _ in range(100):
        gauge.finished(0.001)
    gauge.stalled()
    assert not gauge.short


def test_a_machine_that_was_only_overloaded_soon_fetches_ahead_again() -> None:
    # Given short jobs, and slots that were found occupied for a moment
    clock = _Clock()
    gauge = SlotGauge(clock)
    gauge.stalled()
    # When jobs turn out to be short, one by one
    while not gauge.short and clock.now < 60:
        clock.now += 0.003
        gauge.finished(0.0002)
    # Then that is soon forgotten
    assert clock.now < 2
