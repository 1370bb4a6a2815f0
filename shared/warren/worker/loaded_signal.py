"""How a copy of a worker tells its supervisor that it is configured well.

From then on no exit code of it speaks of the configuration: a job can end its process with any.
"""

import contextlib
import os

_VARIABLE = "WARREN_LOADED_FD"


class LoadedSignal:
    """The supervisor's end, for one life of one copy."""

    def __init__(self) -> None:
        self._reader, self.writer = os.pipe()
        os.set_blocking(self._reader, False)
        self._came = False

    @property
    def environment(self) -> dict[str, str]:
        """What the copy finds in its environment; it inherits `writer`."""
        return {_VARIABLE: str(self.writer)}

    @property
    def came(self) -> bool:
        """Whether the copy has told."""
        if not self._came:
            with contextlib.suppress(BlockingIOError):
                self._came = os.read(self._reader, 1) != b""
        return self._came

    def started(self) -> None:
        """The copy has its end of it."""
        os.close(self.writer)

    def close(self) -> None:
        """The copy has ended."""
        os.close(self._reader)


def tell_loaded() -> None:
    """Tell the supervisor, if there is one."""
    number = os.environ.pop(_VARIABLE, None)
    if number is not None:
        with os.fdopen(int(number), "wb") as writer:
            writer.write(b"1")
