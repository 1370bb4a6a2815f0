"""Waiting in tests: until something is so, never for a fixed time."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

_POLL = 0.02
T = TypeVar("T")


def eventually(
    condition: Callable[[], T | None],
    *,
    within: float = 20.0,
    seen: Callable[[], object] | None = None,
) -> T:
    """Return what `condition()` yields as soon as that is true.

    Raises AssertionError after `within` seconds, which says what `seen()` yields then.
    """
    deadline = time.monotonic() + within
    while not (result := condition()):
        if time.monotonic() > deadline:
            so_far = f"; so far: {seen()}" if seen else ""
            raise AssertionError(f"{condition} did not come true within {within:g} s{so_far}")
        threading.Event().wait(_POLL)
    return result
