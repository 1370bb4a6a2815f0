"""What this process holds: the runs in progress and the dispatches it has just answered."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from warren.worker.cancel_signal import CancelSignal
from warren.worker.discovery import AnyWorker
from warren.worker.job_run import Run

REMEMBERED = 10_000


@dataclass(slots=True, eq=False)
class HeldRun:
    """A run from its start until its outcome is confirmed."""

    run: Run
    message_id: str
    #: None if this process does not handle the version that the message carries.
    worker: AnyWorker | None
    message: Any
    thread: int = field(default_factory=threading.get_ident)
    started: float = field(default_factory=time.monotonic)
    #: Done when the outcome is confirmed; fails if it could not be published.
    answered: "Future[None]" = field(default_factory=Future)
    #: Where it is at the moment, if it does not run in `thread`.
    stack: Callable[[], str | None] | None = None
    #: It runs in a child made for it, which the parent ends at the hard limit.
    alone: bool = False
    #: Its task was cancelled, if this is made.
    cancellation: CancelSignal = field(default_factory=CancelSignal)
    #: An outcome was made; the first one stands.
    concluded: bool = False

    @property
    def seconds(self) -> float:
        """How long it has run."""
        return time.monotonic() - self.started


class Custody:
    """Knows every run of this process; safe from any thread.

    After a lost connection the broker delivers again what this process still runs, or has answered
    without the ack getting through. `take` tells such a delivery apart from a new one.
    """

    def __init__(self, remembered: int = REMEMBERED) -> None:
        self._lock = threading.Lock()
        self._held: dict[str, HeldRun] = {}
        self._answered: OrderedDict[str, None] = OrderedDict()
        self._remembered = remembered

    def take(self, held: HeldRun) -> "Future[None] | None":
        """Begin to hold a run; if its message is known already, the answer to wait for instead."""
        with self._lock:
            if held.message_id in self._answered:
                done: Future[None] = Future()
                done.set_result(None)
                return done
            if (other := self._held.get(held.message_id)) is not None:
                return other.answered
            self._held[held.message_id] = held
            return None

    def conclude(self, held: HeldRun) -> bool:
        """True for the first caller only: the one whose outcome is published."""
        with self._lock:
            first, held.concluded = not held.concluded, True
            return first

    def release(self, held: HeldRun, error: BaseException | None) -> None:
        """The outcome is confirmed, or (with `error`) could not be published."""
        with self._lock:
            self._held.pop(held.message_id, None)
            if error is None:
                self._answered[held.message_id] = None
                if len(self._answered) > self._remembered:
                    self._answered.popitem(last=False)
        if error is None:
            held.answered.set_result(None)
        else:
            held.answered.set_exception(error)

    def running(self) -> list[HeldRun]:
        """Runs without an outcome yet."""
        with self._lock:
            return [held for held in self._held.values() if not held.concluded]

    def run_ids(self) -> list[str]:
        """For the beat: runs whose outcome is not confirmed yet."""
        with self._lock:
            return [str(held.run.run_id) for held in self._held.values()]
