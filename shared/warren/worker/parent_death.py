"""Ties a process's life to its parent's, also when the parent is killed with SIGKILL."""

import ctypes
import os
import signal

_PR_SET_PDEATHSIG = 1


def signal_on_parent_death(number: signal.Signals, parent: int) -> bool:
    """Ask the kernel (Linux) to send this process `number` when its parent dies.

    The signal comes when the *thread* that started this process ends (prctl(2)), so parents start
    such processes from a thread that lives as long as they do. False if `parent` is dead already,
    or where the kernel knows no such request.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    prctl = getattr(libc, "prctl", None)
    if prctl is None or prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0) != 0:
        return False
    return os.getppid() == parent
