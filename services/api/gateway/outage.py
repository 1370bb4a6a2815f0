"""Waiting out a server that cannot be used: back-off, and one log line every so often."""

import random
import time
from collections.abc import Callable
from typing import Any

import structlog

_FIRST_DELAY = 0.1
_LONGEST_DELAY = 2.0
_REPORT_EVERY = 30.0


class Outage:
    """How long one dependency has been out of use; not thread-safe. Durations in seconds."""

    def __init__(self, dependency: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._dependency = dependency
        self._clock = clock
        self._log = structlog.get_logger("warren.gateway")
        self._began: float | None = None
        self._reported = 0.0
        self._delay = _FIRST_DELAY

    @property
    def report_is_due(self) -> bool:
        """Whether the next `failed` will write a log line (facts may be worth collecting then)."""
        return self._began is None or self._clock() - self._reported >= _REPORT_EVERY

    def failed(self, error: Exception | str, **facts: Any) -> float:
        """Note a failure; returns how long to wait before the next try."""
        if self.report_is_due:
            self._reported = self._clock()
            self._began = self._began or self._reported
            lasted = round(self._reported - self._began)
            self._log.error(
                f"{self._dependency} cannot be used; trying again until it can",
                error=str(error).strip(),
                outage_seconds=lasted,
                **facts,
            )
        delay = self._delay * random.uniform(0.7, 1.0)
        self._delay = min(self._delay * 2, _LONGEST_DELAY)
        return delay

    def over(self) -> None:
        """Note that the dependency answered."""
        if self._began is None:
            return
        lasted = round(self._clock() - self._began, 1)
        self._log.info(f"{self._dependency} can be used again", outage_seconds=lasted)
        self._began = None
        self._delay = _FIRST_DELAY
