"""Keeps one unit of the stack running."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from warren.errors import ConfigurationError
from warren.stack.unit import Unit

#: How often a unit is looked at, in seconds.
_LOOK = 0.2
#: Seconds before it is started again; each time twice as many.
FIRST_DELAY, _LONGEST_DELAY = 0.25, 15.0
#: A unit that ran for so long has recovered: the next failure starts with the first delay again.
_RECOVERED = 30.0


class UnitState(StrEnum):
    """`halted`: by request. `ended`: by itself, and it is not started again."""

    WAITING = "waiting"
    STARTING = "starting"
    RUNNING = "running"
    RESTARTING = "restarting"
    STOPPING = "stopping"
    HALTED = "halted"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class UnitStatus:
    """What a person wants to know about a unit; `fatal` when no restart will ever help."""

    name: str
    state: UnitState = UnitState.WAITING
    pid: int | None = None
    restarts: int = 0
    problem: str = ""
    fatal: bool = False


class Keeper:
    """Starts a unit, watches it and starts it again with back-off when it has ended by itself.

    It does so from one thread that lives as long as the unit may (a program dies with the thread
    that started it). `report` gets one line for everything unexpected, `changed` is called after
    every change of the status; both from that thread.
    """

    def __init__(
        self,
        unit: Unit,
        *,
        restart: bool,
        report: Callable[[str], None],
        changed: Callable[[], None],
        first_delay: float = FIRST_DELAY,
    ) -> None:
        self.unit = unit
        self._restart = restart
        self._report = report
        self._changed = changed
        self._status = UnitStatus(unit.name)
        self._wanted = True
        self._closing = False
        self._patience = 0.0
        self._delay = self._first_delay = first_delay
        self._turn = threading.Condition()
        self._thread = threading.Thread(target=self._keep, name=f"keep {unit.name}", daemon=True)

    @property
    def status(self) -> UnitStatus:
        """The state of this moment."""
        return self._status

    def begin(self) -> None:
        """Start the unit, in the background."""
        self._thread.start()

    def halt(self, patience: float) -> None:
        """Stop the unit and leave it stopped until `resume`; returns when it has ended."""
        with self._turn:
            self._wanted, self._patience = False, patience
            self._turn.notify_all()
            self._turn.wait_for(lambda: self._status.state is UnitState.HALTED, patience + 15)

    def resume(self) -> None:
        """Start a halted (or ended) unit again, in the background."""
        with self._turn:
            self._wanted = True
            self._turn.notify_all()

    def close(self, patience: float) -> None:
        """Ask for the end of unit and thread; `join` waits for it. A second call may hasten it."""
        with self._turn:
            self._wanted, self._closing, self._patience = False, True, patience
            self._turn.notify_all()

    def join(self, timeout: float) -> bool:
        """Whether the thread has ended, at the latest after `timeout` seconds."""
        if self._thread.is_alive():
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def _keep(self) -> None:
        while self._is_to_run():
            began = time.monotonic()
            started = self._start()
            if started:
                self._watch()
            if self._wanted:
                self._after_an_end(began)
            else:
                self._end()

    def _is_to_run(self) -> bool:
        with self._turn:
            self._turn.wait_for(lambda: self._wanted or self._closing)
            return self._wanted

    def _start(self) -> bool:
        self._set(state=UnitState.STARTING, pid=None)
        try:
            self.unit.start()
        except ConfigurationError as error:
            self._set(problem=str(error), fatal=True)
            return False
        except Exception as error:  # noqa: BLE001 - whatever it was: it is shown, and tried again
            self._set(problem=f"did not start: {error}")
            return False
        self._set(state=UnitState.RUNNING, pid=self.unit.pid, problem="", fatal=False)
        return True

    def _watch(self) -> None:
        while self._wanted and self.unit.pid is not None:
            self._pause(_LOOK)
        if self._wanted:
            self._set(problem=self.unit.ending(), pid=None)

    def _end(self) -> None:
        self._set(state=UnitState.STOPPING)
        self.unit.stop(self._patience)
        self._set(state=UnitState.HALTED, pid=None)

    def _after_an_end(self, began: float) -> None:
        self.unit.kill()  # what is left of its children
        if not self._restart:
            self._report(f"{self.unit.name}: {self._status.problem}; log: {self.unit.log}")
            self._set(state=UnitState.ENDED)
            with self._turn:
                self._wanted = False
            return
        if time.monotonic() - began > _RECOVERED:
            self._delay = self._first_delay
        if not self._status.fatal:  # what nobody can start is told by whoever waits for it
            self._report(
                f"{self.unit.name}: {self._status.problem}; starting it again in {self._delay:g} s;"
                f" log: {self.unit.log}"
            )
        self._set(state=UnitState.RESTARTING, restarts=self._status.restarts + 1)
        self._pause(self._delay)
        self._delay = min(self._delay * 2, _LONGEST_DELAY)

    def _pause(self, seconds: float) -> None:
        with self._turn:
            self._turn.wait_for(lambda: not self._wanted, seconds)

    def _set(self, **changes: object) -> None:
        with self._turn:
            self._status = replace(self._status, **changes)  # type: ignore[arg-type]
            self._turn.notify_all()
        self._changed()
