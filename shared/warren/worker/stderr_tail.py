"""The last words of a child process: what it writes to stderr is passed on and partly kept."""

import sys
import threading
from collections import deque
from typing import IO

#: Enough for the traceback that faulthandler writes when native code crashes.
_LINES = 40
_MAX_LINE_BYTES = 2000


class StderrTail:
    """Copies a child's stderr to ours, line by line, and keeps the last lines."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._lines: deque[bytes] = deque(maxlen=_LINES)
        self._thread = threading.Thread(target=self._copy, name="stderr-tail", daemon=True)
        self._thread.start()

    def close(self, timeout: float) -> str:
        """The last lines, once the child is gone; waits for the end of its output."""
        self._thread.join(timeout)
        return b"".join(self._lines).decode(errors="replace")

    def _copy(self) -> None:
        with self._stream:
            while line := self._stream.readline(_MAX_LINE_BYTES):
                self._lines.append(line)
                sys.stderr.write(line.decode(errors="replace"))
        sys.stderr.flush()
