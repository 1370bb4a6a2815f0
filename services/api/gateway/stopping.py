"""Ctrl-C and SIGTERM as an event that loops wait for."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def stop_event() -> Iterator[threading.Event]:
    """An event that is set when this process is told to stop; main thread only.

    A second signal ends the process at once, which loses nothing.
    """
    stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        # From another thread: the one that was interrupted may hold the event's own lock.
        threading.Thread(target=stop.set, name="stop", daemon=True).start()
        signal.signal(number, signal.SIG_DFL)

    former = {number: signal.signal(number, on_signal) for number in _SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
