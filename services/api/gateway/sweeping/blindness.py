"""Whether the sweeper can tell what is lost, why it cannot, and whom that concerns."""

import time
from collections.abc import Callable
from string import digits
from typing import Any

import structlog
from psycopg import Connection

from gateway.alerts.store import Alerts

ALERT = "sweeper_waits"
_SUBJECT = "system"
#: Clear looks in a row after which beats and statuses are believed to get through.
_CLEAR_LOOKS = 2
_WITHOUT_DIGITS = str.maketrans("", "", digits)


class Blindness:
    """What one sweeper's looks came to. `clock` in seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._reason: str | None = None
        self._patient_since = clock()
        self._clear_looks = 0
        self._log = structlog.get_logger("warren.housekeeper")

    @property
    def sees(self) -> bool:
        """Whether beats and statuses get through: so in the last two looks."""
        return self._clear_looks >= _CLEAR_LOOKS

    def note(self, reason: str | None) -> None:
        """Note why a look could not tell, None if it could; a line in the log at each change."""
        self._clear_looks = self._clear_looks + 1 if reason is None else 0
        if self.sees:
            self._patient_since = self._clock()
        if reason == self._reason:
            return
        if reason is None:
            self._log.info("the sweeper looks for lost tasks again")
        elif _kind(reason) != _kind(self._reason or ""):
            self._log.info("the sweeper waits", reason=reason)
        self._reason = reason

    def tell(self, connection: Connection[Any], alerts: Alerts, patience: float) -> None:
        """Raise an alert after `patience` seconds without sight; clear it once somebody sees again.

        One of several that sees clears what another has raised, which then waits as long again.
        """
        if self.sees:
            alerts.clear(connection, ALERT, _SUBJECT)
        elif self._reason is not None and self._clock() - self._patient_since > patience:
            message = (
                f"lost tasks and lost workers have not been looked for for {patience / 60:.0f} "
                f"minutes: {self._reason}. What is lost meanwhile waits. See whether RabbitMQ and "
                "a recorder run, and whether the recorder keeps up (docs/runbooks/lost-tasks.md)"
            )
            if alerts.raise_alert(connection, ALERT, _SUBJECT, message):
                self._patient_since = self._clock()


def _kind(reason: str) -> str:
    """The reason without its numbers, which are others at each look."""
    return reason.translate(_WITHOUT_DIGITS)
