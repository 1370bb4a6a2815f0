"""Ends the wait for jobs in threads, and in the event loop, that run past their hard limit.

A thread cannot be killed, nor a coroutine that does not listen. So the watch answers in the job's
place (another attempt, or the end), and asks for the process to be recycled: the thread goes with
it. Jobs that may hang in native code belong into a process (`isolation = "process"`).
"""

import sys
import threading
import traceback
from collections.abc import Callable

import structlog

from warren.errors import TimeLimitExceeded
from warren.observability.redaction import redact
from warren.worker.custody import HeldRun
from warren.worker.runner import JobRunner
from warren.worker.verdict import Failure, error_info

INTERVAL = 0.5


class LimitWatch:
    """Looks twice a second for runs in threads past their limit.

    `on_given_up` gets each such run right after its outcome was handed to the publisher.
    `look_also` is called as often.
    """

    def __init__(
        self,
        runner: JobRunner,
        on_given_up: Callable[[HeldRun], None],
        look_also: Callable[[], None] = lambda: None,
    ) -> None:
        self._runner = runner
        self._look_also = look_also
        self._on_given_up = on_given_up
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="limit-watch", daemon=True)

    def start(self) -> None:
        """Start watching."""
        self._thread.start()

    def stop(self) -> None:
        """Stop watching."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(5 * INTERVAL)

    def look(self) -> None:
        """Give up every run that is past its limit."""
        for held in self._runner.custody.running():
            worker = held.worker
            if worker is None or worker.isolation != "thread" or held.alone:
                continue
            if held.seconds < worker.time_limit:
                continue
            if self._runner.give_up(held, _failure(held, worker.time_limit)):
                structlog.get_logger("warren.worker").error(
                    "a job is past its hard limit: this process will be recycled "
                    "when its neighbours have finished",
                    task=str(held.run.task_id),
                    kind=held.run.kind,
                )
                self._on_given_up(held)

    def _run(self) -> None:
        while not self._stopping.wait(INTERVAL):
            self.look()
            self._look_also()


def _failure(held: HeldRun, limit: float) -> Failure:
    error = error_info(TimeLimitExceeded(f"still running after {limit:g} seconds"))
    where = _thread_stack(held.thread) if held.stack is None else held.stack()
    return Failure("transient", error.model_copy(update={"traceback": where}))


def _thread_stack(thread: int) -> str | None:
    frame = sys._current_frames().get(thread)
    return redact("".join(traceback.format_stack(frame))) if frame else None
