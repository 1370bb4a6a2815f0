"""The keepers of all units of a stack, found by name."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from warren.errors import ConfigurationError
from warren.stack.errors import NoSuchProcess, StackDidNotStart
from warren.stack.keeper import FIRST_DELAY, Keeper, UnitState, UnitStatus
from warren.stack.logs import tail
from warren.stack.unit import Unit

#: A unit that has failed so often while somebody waited for it will not come up.
_HOPELESS = 3
#: On top of a unit's own patience: for the server's shutdown, or for SIGKILL to take effect.
_MARGIN = 45.0


class Fleet:
    """Starts and stops units in groups. What else it is given, each Keeper gets."""

    def __init__(
        self,
        *,
        restart: bool,
        report: Callable[[str], None],
        changed: Callable[[], None],
        first_delay: float = FIRST_DELAY,
    ) -> None:
        self._restart = restart
        self._first_delay = first_delay
        self._report = report
        self._changed = changed
        self._keepers: dict[str, Keeper] = {}
        self._guard = threading.Lock()
        self._news = threading.Event()

    def begin(self, units: Iterable[Unit]) -> None:
        """Start the units, all at the same time and in the background."""
        for unit in units:
            keeper = Keeper(
                unit,
                restart=self._restart,
                report=self._report,
                changed=self._on_news,
                first_delay=self._first_delay,
            )
            with self._guard:
                self._keepers[unit.name] = keeper
            keeper.begin()

    def wait_until_running(self, names: Sequence[str], deadline: float) -> None:
        """Wait until all of them run; raises StackDidNotStart with the log of one that does not."""
        restarts = {name: self.keeper(name).status.restarts for name in names}
        while True:
            self._news.clear()
            self.check(restarts)
            if all(self.keeper(name).status.state is UnitState.RUNNING for name in names):
                return
            if time.monotonic() > deadline:
                late = [n for n in names if self.keeper(n).status.state is not UnitState.RUNNING]
                raise StackDidNotStart(f"{', '.join(late)} did not start in time")
            self._news.wait(0.5)

    def check(self, restarts: Mapping[str, int]) -> None:
        """Raise StackDidNotStart when one of the named units has shown that it will not come up.

        `restarts` says how often each of them had been started again before one began to wait.
        Raises the unit's own ConfigurationError when the machine lacks what it needs.
        """
        for name, before in restarts.items():
            keeper = self.keeper(name)
            status = keeper.status
            if status.fatal:
                raise ConfigurationError(status.problem)
            if status.restarts - before >= _HOPELESS or status.state is UnitState.ENDED:
                raise StackDidNotStart(
                    f"{status.name} does not start ({status.problem}). Its log, {keeper.unit.log},"
                    f" ends with:\n{tail(keeper.unit.log)}"
                )

    def keeper(self, name: str) -> Keeper:
        """The keeper of one unit; raises NoSuchProcess, naming those that there are."""
        with self._guard:
            if name in self._keepers:
                return self._keepers[name]
            raise NoSuchProcess(f"no process {name!r} here, only {', '.join(self._keepers)}")

    def statuses(self) -> list[UnitStatus]:
        """All units, in the order in which they were begun."""
        return [keeper.status for keeper in self._all()]

    def close(self, names: Iterable[str], patience: float) -> None:
        """Stop those of `names` that there are, all at the same time, and wait for their end."""
        wanted = set(names)
        group = [keeper for keeper in self._all() if keeper.unit.name in wanted]
        for keeper in group:
            keeper.close(patience)
            if keeper.status.state is UnitState.STARTING:
                keeper.unit.kill()  # nothing of it is in use yet, and a server takes long to start
        for keeper in group:
            if not keeper.join(patience + _MARGIN):
                self._report(f"{keeper.unit.name} does not end; it is left alone")

    def kill_all(self) -> None:
        """SIGKILL everything, for good; whoever waits in `close` goes on."""
        keepers = self._all()
        for keeper in keepers:
            keeper.close(patience=0)
        for keeper in keepers:
            keeper.unit.kill()

    def _all(self) -> list[Keeper]:
        with self._guard:
            return list(self._keepers.values())

    def _on_news(self) -> None:
        self._news.set()
        self._changed()
