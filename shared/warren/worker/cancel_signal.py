"""How a run learns that its task was cancelled."""

from collections.abc import Callable

from warren.errors import JobCancelled


class CancelSignal:
    """Made at most once, from any thread or a signal handler; asked for and watched by the run.

    It holds no lock on purpose: a signal handler may interrupt whoever would hold it.
    """

    def __init__(self) -> None:
        self._made = False
        self._callback: Callable[[], object] | None = None

    @property
    def made(self) -> bool:
        """Whether the run is to end."""
        return self._made

    def make(self) -> None:
        """Tell the run to end."""
        self._made = True
        if self._callback is not None:
            self._callback()

    def watch(self, callback: Callable[[], object]) -> None:
        """Have `callback` called once it is made, or at once if it is; perhaps twice."""
        self._callback = callback
        if self._made:
            callback()

    def check(self) -> None:
        """Raise JobCancelled if it is made."""
        if self._made:
            raise JobCancelled("the task was cancelled")
