"""When this process last knew that it hears of cancellations, shared with its slot processes.

A process that was frozen, or cut off from the broker, may have been given up meanwhile: its task
may be cancelled, and nobody could tell it. So before a job writes to the outside
(`context.effect`), it looks how old its last sure knowledge is.
"""

import mmap
import struct
import time
from collections.abc import Callable
from pathlib import Path

#: Seconds after which knowledge is too old. The broker is asked once a second, and gives a silent
#: process up only after more than twenty.
LONGEST_SILENCE = 5.0
_FORMAT = struct.Struct("=d")
_NEVER = float("-inf")


class Contact:
    """A moment of the monotonic clock in a file of eight bytes, which slots map too."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        if not path.exists():
            path.write_bytes(_FORMAT.pack(_NEVER))
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), _FORMAT.size)

    def confirm(self, moment: float) -> None:
        """All orders given before `moment` have been heard."""
        _FORMAT.pack_into(self._memory, 0, moment)

    def lose(self) -> None:
        """Orders may have been given that nobody here has heard."""
        self.confirm(_NEVER)

    def is_sure(self) -> bool:
        """Whether an order given a while ago would be known here."""
        (moment,) = _FORMAT.unpack_from(self._memory, 0)
        return self._clock() - float(moment) <= LONGEST_SILENCE
