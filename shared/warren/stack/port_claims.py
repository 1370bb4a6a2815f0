"""Which process of this user has chosen which port, until its server listens and beyond.

A port that is free when it is chosen may be chosen by another process, too, before a server listens
on it. A claim is the lock of one byte of a file that all processes share: it ends with its process,
however that ends, and leaves nothing behind.
"""

import fcntl
import os
import tempfile
import threading
from functools import cache
from pathlib import Path

from warren.errors import ConfigurationError


class PortClaims:
    """What this process has claimed. Its file stays open: closing it would end all claims."""

    def __init__(self, path: Path) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            self._file = os.open(path, flags, 0o600)
        except OSError as error:
            raise ConfigurationError(
                f"{path}, by which processes agree on ports, cannot be opened"
                f" ({error.strerror}): remove it, or set TMPDIR to a folder of yours"
            ) from error
        self._own: set[int] = set()
        self._lock = threading.Lock()

    def is_own(self, port: int) -> bool:
        """Whether this process has claimed it."""
        with self._lock:
            return port in self._own

    def claim(self, port: int) -> bool:
        """Claim it until this process ends; False if another process has."""
        with self._lock:
            try:
                fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
            except OSError:
                return False
            self._own.add(port)
            return True

    def release(self, port: int) -> None:
        """Let others have it."""
        with self._lock:
            fcntl.lockf(self._file, fcntl.LOCK_UN, 1, port)
            self._own.discard(port)


@cache
def port_claims() -> PortClaims:
    """Those of this process."""
    return PortClaims(Path(tempfile.gettempdir()) / f"warren-ports-{os.getuid()}")
