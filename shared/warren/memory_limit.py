"""A bound for what one step may take of this process's memory."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_STATUS = Path("/proc/self/status")


@contextmanager
def at_most(mebibytes: int) -> Iterator[None]:
    """Let allocations fail (MemoryError) beyond so much more private memory than there is now.

    Of the whole process: only for one that does one thing at a time.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = _used() + (mebibytes << 20)
    bounds = [limit for limit in (soft, hard) if limit != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_DATA, (min([wanted, *bounds]), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def _used() -> int:
    """Bytes of private memory."""
    for line in _STATUS.read_text().splitlines():
        if line.startswith("VmData:"):
            return int(line.split()[1]) << 10
    return 0
