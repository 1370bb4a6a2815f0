"""What a system that has worked costs while it has nothing to do."""

import math
import time
from collections.abc import Iterator
from contextlib import suppress

import psutil

from warren.stack.stack import Stack
from warren.testing.deadline import eventually

#: Seconds: two beats, and many of everything else that is done in turns.
_WINDOW = 20.0
#: What follows from the last task is done when a second takes so little of a processor.
_SECOND, _CALM, _PATIENCE = 1.0, 0.05, 60.0


def measure_idle(stack: Stack, calm: str) -> dict[str, float]:
    """Percent of one processor that each process takes with its children, by its name.

    Measured from when the process that is named `calm` has come to rest; nobody may ask for
    anything meanwhile.
    """
    eventually(
        lambda: _used(stack, _SECOND).get(calm, math.inf) < _CALM * _SECOND, within=_PATIENCE
    )
    return {name: 100 * used / _WINDOW for name, used in _used(stack, _WINDOW).items()}


def _used(stack: Stack, seconds: float) -> dict[str, float]:
    """Processor seconds within so many seconds."""
    before = {root: used for _, root, used in processor_seconds(stack)}
    time.sleep(seconds)
    # One that was started anew meanwhile has used all that it has within them.
    return {name: used - before.get(root, 0.0) for name, root, used in processor_seconds(stack)}


def processor_seconds(stack: Stack) -> Iterator[tuple[str, psutil.Process, float]]:
    """Of each process with its children, since it began, by its name and what tells it apart."""
    for entry in stack.descriptor.processes:
        with suppress(psutil.NoSuchProcess):
            root = psutil.Process(entry.pid)
            yield entry.name, root, sum(map(_seconds, [*root.children(recursive=True), root]))


def _seconds(process: psutil.Process) -> float:
    """What it has used, and its children that have ended: their sum never falls."""
    with suppress(psutil.NoSuchProcess):
        times = process.cpu_times()
        ended = times.children_user + times.children_system
        return float(times.user + times.system + ended)
    return 0.0
