"""A disk for artifacts that is small enough to be filled."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.chaos.faults.system import Order, System

_BALLAST = "ballast"
_STEP = 1 << 16


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[None]:
    """Mount a tmpfs of `size` bytes at `folder` for the time of the block; 0 mounts nothing."""
    if not size:
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    if folder.is_mount():  # left by a run that was killed
        _unmount(folder)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
    try:
        yield
    finally:
        _unmount(folder)


def _unmount(folder: Path) -> None:
    subprocess.run(["umount", "-l", folder], check=True)


def may_mount() -> bool:
    """Whether this process is root, and a trial shows that it may mount."""
    if os.geteuid() != 0:
        return False
    with tempfile.TemporaryDirectory() as folder:
        try:
            with small_disk(Path(folder), _STEP):
                return True
        except subprocess.CalledProcessError:
            return False


def fill(system: System, order: Order) -> None:
    """Leave no room on the artifact disk for a while."""
    ballast = system.stack.folder.artifacts / _BALLAST
    try:
        if system.plan.mounts_disk:
            _write_until_full(ballast)
        else:
            make_full(ballast, system.plan.artifact_disk)
        system.over.wait(order.seconds)
    finally:
        ballast.unlink(missing_ok=True)


def make_full(path: Path, limit: int) -> None:
    """Count for as much as a store may have, without taking room on the disk."""
    with path.open("wb") as file:
        file.truncate(limit)


def _write_until_full(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * _STEP)
        except OSError:
            return
