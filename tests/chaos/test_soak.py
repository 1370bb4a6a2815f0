"""The soak tells what grows from what only moves."""

import math

from tests.chaos.soak.growth import trends, warm_up
from tests.chaos.soak.page import page, table
from tests.chaos.soak.sampling import MEMORY, ROWS, Sample


def series(subject: str, measure: str, values: list[float]) -> list[Sample]:
    return [Sample(10.0 * n, subject, measure, value) for n, value in enumerate(values)]


def test_a_series_that_only_moves_is_flat() -> None:
    waves = [100 + 8 * math.sin(n) for n in range(60)]

    (trend,) = trends(series("relay", MEMORY, waves), after=0)

    assert trend.is_flat


def test_a_series_that_rises_all_the_time_grows() -> None:
    leak = [100 + 0.9 * n for n in range(60)]

    (trend,) = trends(series("relay", MEMORY, leak), after=0)

    assert not trend.is_flat
    assert round(trend.per_hour) == 324


def test_what_rises_during_the_warm_up_and_then_stays_is_flat() -> None:
    filling = [min(20.0 * n, 400) for n in range(100)]

    (trend,) = trends(series("recorder", MEMORY, filling), after=warm_up(1000))

    assert trend.is_flat


def test_getting_smaller_is_no_growth() -> None:
    (trend,) = trends(series("outbox", ROWS, [1000.0 - 9 * n for n in range(60)]), after=0)

    assert trend.is_flat


def test_the_page_shows_every_series_and_marks_what_grows() -> None:
    samples = series("relay", MEMORY, [n * 5.0 for n in range(60)])
    found = trends(samples, after=0)

    assert "GROWS" in table(found)
    assert "relay" in page(samples, found, "one <run>")
    assert "one &lt;run&gt;" in page(samples, found, "one <run>")
