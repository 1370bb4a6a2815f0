"""Finds and ends processes that an earlier stack of the same folder left behind."""

from pathlib import Path

import psutil

#: Every program of a stack carries it, and hands it down to its children.
MARKER = "WARREN_STACK_FOLDER"


def end_leftovers(folder: Path) -> int:
    """SIGKILL every program that was started by a stack of `folder`; returns how many.

    Only for the holder of the stack's lock: nothing of what runs is wanted then.
    """
    found = [process for process in psutil.process_iter() if _belongs_to(process, folder)]
    for process in found:
        _kill(process)
    psutil.wait_procs(found, timeout=5)
    return len(found)


def _belongs_to(process: psutil.Process, folder: Path) -> bool:
    try:
        return process.environ().get(MARKER) == str(folder)
    except (psutil.Error, OSError):
        # It has ended meanwhile, or belongs to another user and thus to no stack of ours.
        return False


def _kill(process: psutil.Process) -> None:
    try:
        process.kill()
    except psutil.NoSuchProcess:
        return
