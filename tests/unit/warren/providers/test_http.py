"""Reading Retry-After."""

from datetime import UTC, datetime

import pytest

from warren.providers.http import retry_after

NOW = datetime(2026, 11, 1, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("120", 120),
        (" 0 ", 0),
        ("Sun, 01 Nov 2026 12:01:30 GMT", 90),
        ("Sun, 01 Nov 2026 11:00:00 GMT", 0),
        ("soon", None),
        ("-5", None),
        ("nan", None),
        ("²", None),
    ],
)
def test_seconds_and_dates_are_understood_and_nothing_else(
    header: str | None, seconds: float | None
) -> None:
    assert retry_after(header, NOW) == seconds
