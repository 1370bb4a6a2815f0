"""Ctrl-C and SIGTERM for commands that have something to stop in good order."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def stop_signals(hasten: Callable[[], None]) -> Iterator[None]:
    """The first signal raises KeyboardInterrupt in the main thread, each later one calls `hasten`.

    So the clean-up that the first one sets off is never itself interrupted.
    """
    asked = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        if not asked.is_set():
            asked.set()
            raise KeyboardInterrupt
        # In a thread, because the one that was interrupted may hold a lock.
        threading.Thread(target=hasten, name="hasten", daemon=True).start()

    former = {number: signal.signal(number, on_signal) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
