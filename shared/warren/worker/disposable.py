"""Runs a job that may kill its process: alone, in a child made for it and thrown away after it."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import structlog

from warren.contracts.status import ErrorInfo
from warren.worker.cancel_signal import CancelSignal
from warren.worker.discovery import AnyWorker
from warren.worker.job_report import Report
from warren.worker.job_run import Run
from warren.worker.slot_process import SlotDied, SlotProcess, SlotTerms
from warren.worker.spawning import Publish
from warren.worker.verdict import Failure, JobFailed, Success, bounded_and_redacted
from warren.worker.wear import WearLimits


class DisposableSlots:
    """Fresh children, one a job; `memory_limit` in MiB of private memory (RLIMIT_DATA)."""

    def __init__(
        self,
        package: str,
        *,
        start_timeout: float,
        memory_limit: int,
        shared: Path | None = None,
        intake: Publish | None = None,
    ) -> None:
        self._package = package
        self._start_timeout = start_timeout
        self._memory_limit = memory_limit
        self._shared = shared
        self._intake = intake
        self._spawner = ThreadPoolExecutor(max_workers=1, thread_name_prefix="disposable-spawner")
        self._lock = threading.Lock()
        self._slots: set[SlotProcess] = set()
        self._killed = False

    def run(
        self,
        run: Run,
        worker: AnyWorker,
        report: Callable[[Report], None],
        cancellation: CancelSignal,
    ) -> Success:
        """Run one job alone.

        Raises JobFailed with what the job reported, or as `crashed` if the child died by itself;
        SlotDied if it was killed on our side (`kill`), TimeLimitExceeded after the job's limit, and
        SlotUnavailable if no child could be started: the job is not to blame for these.
        """
        slot = SlotProcess(
            self._package,
            self._spawner,
            start_timeout=self._start_timeout,
            terms=SlotTerms(
                {(run.kind, run.version): WearLimits()}, memory_limit=self._memory_limit
            ),
            shared=self._shared,
            intake=self._intake,
        )
        structlog.get_logger("warren.worker").warning(
            "running alone a job that was delivered without an answer, or whose process died",
            task=str(run.task_id),
            kind=run.kind,
        )
        self._enter(slot)
        try:
            return slot.run_last(run, worker.time_limit, report, cancellation)
        except SlotDied as death:
            if slot.killed:
                raise
            raise JobFailed(_crashed(death)) from None
        finally:
            self._leave(slot)

    def pids(self) -> list[int]:
        """The children that live."""
        with self._lock:
            return [pid for slot in self._slots if (pid := slot.pid) is not None]

    def kill(self) -> None:
        """End all children at once, and those that are about to start."""
        with self._lock:
            self._killed = True
            for slot in self._slots:
                slot.kill()

    def close(self) -> None:
        """No more children will be asked for."""
        self.kill()
        self._spawner.shutdown(wait=False)

    def _enter(self, slot: SlotProcess) -> None:
        with self._lock:
            self._slots.add(slot)
            if self._killed:
                slot.kill()

    def _leave(self, slot: SlotProcess) -> None:
        with self._lock:
            self._slots.discard(slot)


def _crashed(death: SlotDied) -> Failure:
    message = f"its process died again when it ran alone: {death.how}"
    error = ErrorInfo(
        type="JobCrashed",
        message=bounded_and_redacted(message),
        traceback=bounded_and_redacted(death.last_words) or None,
    )
    return Failure("crashed", error)
