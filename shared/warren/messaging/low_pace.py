"""Whether jobs of the low lane are so short lately that nobody minds waiting for one."""

#: Seconds: a single write may wait for a low job of this length.
SHORT = 0.25
#: So many of them in a row, and the next one is expected to be short.
_ROW = 10


class LowPace:
    """Judges by the jobs of this process that have ended. Not thread-safe."""

    def __init__(self) -> None:
        self._row = 0

    @property
    def short(self) -> bool:
        """False as long as little is known."""
        return self._row >= _ROW

    def ended(self, seconds: float) -> None:
        """A job has taken so long."""
        self._row = self._row + 1 if seconds <= SHORT else 0

    def stalled(self) -> None:
        """Jobs that run are long, whatever those before them were."""
        self._row = 0
