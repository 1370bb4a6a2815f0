"""A lock between processes; the system frees it when its holder dies."""

import fcntl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from indexer.errors import IndexUnavailable

_POLL = 0.005


@contextmanager
def locked(path: Path, timeout: float) -> Iterator[None]:
    """Hold `path` alone; raises IndexUnavailable after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    with path.open("ab") as file:
        while not _taken(file.fileno()):
            if time.monotonic() > deadline:
                raise IndexUnavailable(
                    "other processes have been writing to the embedded search index"
                    f" for {timeout:g} seconds"
                )
            threading.Event().wait(_POLL)
        yield


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
