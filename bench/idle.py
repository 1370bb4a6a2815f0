"""What a system that has worked costs while it has nothing to do."""

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
    eventually(lambda: _used(stack, _SECOND)[calm] < _CALM * _SECOND, within=_PATIENCE)
    return {name: 100 * used / _WINDOW for name, used in _used(stack, _WINDOW).items()}


def _used(stack: Stack, seconds: float) -> dict[str, float]:
    """Processor seconds within so many seconds."""
    before = {process: used for _, process, used in _processor_seconds(stack)}
    time.sleep(seconds)
    within = {entry.name: 0.0 for entry in stack.descriptor.processes}
    # Each by itself: what has ended since takes nothing from the others.
    for name, process, used in _processor_seconds(stack):
        within[name] += used - before.get(process, 0.0)
    return within


def _processor_seconds(stack: Stack) -> Iterator[tuple[str, psutil.Process, float]]:
    """What each process has used since it began, with the name of the one that it belongs to."""
    for entry in stack.descriptor.processes:
        for process in _family(entry.pid):
            with suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                yield entry.name, process, times.user + times.system


def _family(pid: int) -> list[psutil.Process]:
    with suppress(psutil.NoSuchProcess):
        root = psutil.Process(pid)
        return [root, *root.children(recursive=True)]
    return []
