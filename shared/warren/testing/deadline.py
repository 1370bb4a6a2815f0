"""Waiting in tests: until something is so, never for a fixed time."""

import threading
import time
from collections.abc import Callable

_POLL = 0.02


def eventually(condition: Callable[[], object], *, within: float = 10.0) -> None:
    """Return as soon as `condition()` is true; raises AssertionError after `within` seconds."""
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{condition} did not come true within {within:g} s")
        threading.Event().wait(_POLL)
