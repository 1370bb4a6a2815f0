"""The table of `warren kinds`."""

from typing import Any

import pytest

from warren.cli.kinds_command import row_of

KIND: dict[str, Any] = {
    "kind": "tts.synthesize",
    "version": 1,
    "service": "tts",
    "pool": None,
    "lane": "default",
    "isolation": "process",
    "soft_time_limit": 540.0,
    "time_limit": 600.0,
    "max_attempts": 4,
    "retry": None,
    "rate_limit": None,
    "limit_key": "",
    "concurrency_key": None,
    "concurrency_limit": 1,
}
BACKOFF: dict[str, Any] = {
    "backoff": True,
    "backoff_base": 1.0,
    "backoff_max": 600.0,
    "delay": 2.0,
    "delays": None,
    "jitter": True,
    "max_age": 86400.0,
}


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (None, "3"),
        (BACKOFF, "3 after 1 s doubled to 600 s; waits 86400 s"),
        ({**BACKOFF, "backoff": False}, "3 after 2 s; waits 86400 s"),
        ({**BACKOFF, "delays": [5.0, 60.0]}, "3 after 5, 60 s; waits 86400 s"),
    ],
)
def test_retries_are_told_in_words(policy: dict[str, Any] | None, expected: str) -> None:
    assert row_of({**KIND, "retry": policy})[6] == expected


def test_limits_and_pool_are_told_where_there_are_some() -> None:
    limited = {
        **KIND,
        "pool": "gpu",
        "rate_limit": "10/s",
        "concurrency_key": "{customer_id}",
    }

    assert row_of(limited)[3] == "gpu.default"
    assert row_of(limited)[7:] == ["10/s by kind", "1 by {customer_id}"]
    assert row_of(KIND)[7:] == ["-", "-"]
