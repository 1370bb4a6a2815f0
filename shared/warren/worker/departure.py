"""How a worker process takes leave of its jobs, and with what ending."""

import threading
import time
from collections.abc import Callable

import structlog

from warren.messaging.job_worker import JobWorker
from warren.worker.assignment import Ending
from warren.worker.disposable import DisposableSlots
from warren.worker.runner import JobRunner
from warren.worker.slot_pool import SlotPool
from warren.worker.stop_request import StopRequest

_POLL = 0.1
#: How long the last acks and statuses may take to be confirmed.
LAST_WORDS = 5.0
#: How long jobs in slots may take to be handed back once their processes were killed.
_SLOTS_END = 1.0


class Departure:
    """Takes no more jobs, and waits for those that run; `grace` is for a stop, in seconds."""

    def __init__(
        self,
        jobs: JobWorker,
        runner: JobRunner,
        alone: DisposableSlots,
        slots: SlotPool | None,
        grace: float,
    ) -> None:
        self._jobs = jobs
        self._runner = runner
        self._alone = alone
        self._slots = slots
        self._grace = grace
        self._log = structlog.get_logger("warren.worker")

    def for_recycling(
        self, stop: StopRequest, longest: float, publish_timeout: float, hangs: Callable[[], bool]
    ) -> Ending:
        """Let all jobs end, which takes the `longest` of them at most; a `stop` cuts that short.

        When a thread `hangs`, nobody waits for it once all others have ended.
        """
        deadline = time.monotonic() + longest + publish_timeout
        stopper = self._stop_taking(longest)
        while stopper.is_alive() and time.monotonic() < deadline:
            if stop.made:
                return self._within_grace(stop, stopper)
            if hangs() and not self._runner.custody.run_ids():
                break
            stopper.join(_POLL)
        # Nobody waits for a thread that hangs; the last acks get a moment to reach the broker.
        self._jobs.hand_back([])
        stopper.join(2 * LAST_WORDS)
        return Ending.RECYCLE

    def within_grace(self, stop: StopRequest) -> Ending:
        """Let jobs end within the grace period, and hand back the others."""
        return self._within_grace(stop, None)

    def _within_grace(self, stop: StopRequest, stopper: threading.Thread | None) -> Ending:
        deadline = time.monotonic() + self._grace
        self._log.info(
            "stopping: no more jobs are taken",
            running=len(self._runner.custody.running()),
            grace=self._grace,
        )
        stopper = stopper or self._stop_taking(self._grace + LAST_WORDS)
        while stopper.is_alive() and time.monotonic() < deadline and not stop.urgent:
            stopper.join(_POLL)
        if stopper.is_alive():
            self._hand_back_what_runs(stopper)
        if stopper.is_alive() or self._jobs.left_behind:
            self._log.error(
                "stopped with jobs that are neither finished nor handed back; the broker delivers "
                "them again",
                jobs=self._jobs.held_message_ids(),
            )
            return Ending.LEFT_JOBS
        return Ending.STOPPED

    def _hand_back_what_runs(self, stopper: threading.Thread) -> None:
        """What runs in a slot ends now; what runs in a thread goes on until this process ends,
        in a moment, but nobody hears of it."""
        self._runner.hand_back()
        self._alone.kill()
        if self._slots is not None:
            self._slots.kill()
        stopper.join(_SLOTS_END)
        self._jobs.hand_back(self._runner.abandon())
        stopper.join(2 * LAST_WORDS)

    def _stop_taking(self, timeout: float) -> threading.Thread:
        stopper = threading.Thread(
            target=self._jobs.stop, args=(int(timeout * 1000),), name="stopper", daemon=True
        )
        stopper.start()
        return stopper
