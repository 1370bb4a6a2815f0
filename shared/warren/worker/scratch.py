"""Folders for temporary files that go with their owner, however that ends.

The owner holds a lock (flock) on its folder, which the kernel takes from it when it dies. So what a
killed process left behind can be told from what is in use, whatever namespace its owner lived in.
"""

import fcntl
import os
import shutil
import tempfile
from pathlib import Path

import structlog

_PREFIX = "warren-scratch-"


class ScratchFolder:
    """A fresh folder, made for one owner; `path` holds until `remove`."""

    def __init__(self) -> None:
        descriptor = None
        while descriptor is None:
            self.path = Path(tempfile.mkdtemp(prefix=_PREFIX))
            # Somebody may sweep between the two steps; then there is nothing to lock.
            descriptor = _lock(self.path)
        self._descriptor = descriptor

    def remove(self) -> None:
        """Delete the folder with all that is in it; called once."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._descriptor)


def sweep_abandoned() -> int:
    """Delete the folders whose owners died; returns how many there were."""
    swept = 0
    for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        descriptor = _lock(path)
        if descriptor is not None:
            shutil.rmtree(path, ignore_errors=True)
            os.close(descriptor)
            swept += 1
    if swept:
        structlog.get_logger("warren.worker").info(
            "temporary files of killed processes were deleted", folders=swept
        )
    return swept


def _lock(path: Path) -> int | None:
    """A descriptor that holds the lock on `path`; None if it is another's or has gone."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        mine = path.stat().st_ino == os.fstat(descriptor).st_ino
    except OSError:
        mine = False
    if not mine:
        os.close(descriptor)
        return None
    return descriptor
