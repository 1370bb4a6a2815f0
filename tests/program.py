"""A program of the gateway's within a test."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

#: Seconds that it has to end.
_PATIENCE = 60


@contextmanager
def running_program(
    program: Callable[[Any, threading.Event], None], settings: Any
) -> Iterator[None]:
    """`run_recorder` or one of its kin, in a thread, for a block; it must end after that."""
    stop = threading.Event()
    thread = threading.Thread(target=program, args=(settings, stop), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(_PATIENCE)
        assert not thread.is_alive()
