"""How a run learns that its task was cancelled, and how others learn that it writes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from warren.errors import JobCancelled, WarrenError


class RunGivenUp(WarrenError):
    """Nobody waits for this run any more: its task is in other hands."""


class CancelSignal:
    """Made at most once, from any thread or a signal handler; asked for and watched by the run.

    It holds no lock on purpose: a signal handler may interrupt whoever would hold it.
    """

    def __init__(self) -> None:
        self._made = False
        self._closed = False
        #: One entry for each write that is under way.
        self._writes: list[None] = []
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

    def check_wanted(self) -> None:
        """Raise JobCancelled if it is made, RunGivenUp if it is closed."""
        self.check()
        if self._closed:
            raise RunGivenUp("this run is over: what it would write now is left to the next")

    def close(self) -> bool:
        """Let no further write begin; False if one is under way still."""
        # The flag first: a write that begins now sees it, or is seen here.
        self._closed = True
        return not self._writes

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Around a write to the outside; raises JobCancelled or RunGivenUp instead of beginning."""
        self._writes.append(None)
        try:
            self.check_wanted()
            yield
        finally:
            self._writes.pop()
