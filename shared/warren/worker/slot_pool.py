"""All slot processes of one worker process."""

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import structlog

from warren.worker.cancel_signal import CancelSignal
from warren.worker.job_report import Report
from warren.worker.job_run import Run
from warren.worker.slot_process import SlotProcess, SlotTerms, SlotUnavailable
from warren.worker.spawning import Publish
from warren.worker.verdict import Success

#: There are as many slots as threads, so one is free at once; this only ends a wait for nothing.
_ACQUIRE_TIMEOUT = 60.0
_LOAD_POLL = 0.1


class SlotPool:
    """`size` slot processes, each used by one thread at a time, and for what `terms` say.

    When more jobs run than that, up to `spare` further ones are started. Such a one leaves after
    its job, unless another job that has been taken needs it first.

    A slot that is worn, or whose process was killed, is `renewed` between two jobs: no job is taken
    meanwhile that would have to wait for it. `shared` is the folder of what this process and its
    slots both look at (warren.worker.shared); `intake` publishes what jobs ask for.
    """

    def __init__(
        self,
        package: str,
        size: int,
        terms: SlotTerms,
        *,
        start_timeout: float,
        spare: int = 0,
        shared: Path | None = None,
        intake: Publish | None = None,
    ) -> None:
        self._spawner = ThreadPoolExecutor(max_workers=1, thread_name_prefix="slot-spawner")
        self._slots = [
            SlotProcess(
                package,
                self._spawner,
                terms=terms,
                start_timeout=start_timeout,
                shared=shared,
                intake=intake,
            )
            for _ in range(size + spare)
        ]
        self._usual, self._spares = self._slots[:size], frozenset(self._slots[size:])
        self._free: queue.LifoQueue[SlotProcess] = queue.LifoQueue()
        self._due: queue.SimpleQueue[SlotProcess] = queue.SimpleQueue()
        self._unused: queue.SimpleQueue[SlotProcess] = queue.SimpleQueue()
        for slot in self._spares:
            self._unused.put(slot)
        self._closing = False
        self._warmer: threading.Thread | None = None

    def start(self, give_up: Callable[[], bool] = lambda: False) -> bool:
        """Start a slot and wait until it has loaded; raises SlotUnavailable.

        All others but the spare ones load while jobs are taken: one that finds no slot free waits
        for these. Returns False as soon as `give_up` does not want to wait any longer.
        """
        first, *others = self._usual
        first.start()
        if not first.wait_until_ready(give_up):
            return False
        self._free.put(first)
        if others:
            self._warmer = threading.Thread(
                target=self._warm, args=(others,), name="slot-warmer", daemon=True
            )
            self._warmer.start()
        return True

    def _warm(self, slots: Sequence[SlotProcess]) -> None:
        for slot in slots:
            with self._left_to_the_next_job():
                if not self._closing:
                    slot.start()
        for slot in slots:
            try:
                with self._left_to_the_next_job():
                    if not self._closing:
                        slot.wait_until_ready(lambda: self._closing)
            finally:
                self._free.put(slot)

    def run(
        self,
        run: Run,
        time_limit: float,
        report: Callable[[Report], None],
        cancellation: CancelSignal,
    ) -> Success:
        """Run one job in a free slot; raises what SlotProcess.run raises."""
        slot = self._acquire()
        try:
            return slot.run(run, time_limit, report, cancellation)
        finally:
            (self._due if slot.is_due or slot in self._spares else self._free).put(slot)

    def _acquire(self) -> SlotProcess:
        while True:
            for slots in (self._free, self._due):
                with contextlib.suppress(queue.Empty):
                    return slots.get_nowait()
            if not self._is_warming():
                break
            # One that loads is there sooner than a spare one, which would only begin to.
            with contextlib.suppress(queue.Empty):
                return self._free.get(timeout=_LOAD_POLL)
        with contextlib.suppress(queue.Empty):
            return self._unused.get_nowait()
        try:
            return self._free.get(timeout=_ACQUIRE_TIMEOUT)
        except queue.Empty as error:
            raise SlotUnavailable(f"no slot was free within {_ACQUIRE_TIMEOUT:g} s") from error

    def _is_warming(self) -> bool:
        return self._warmer is not None and self._warmer.is_alive()

    def renewal(self) -> Callable[[], None] | None:
        """What a thread has to do before it may take another job; None if that is nothing."""
        return None if self._due.empty() else self._renew

    def _renew(self) -> None:
        try:
            slot = self._due.get_nowait()
        except queue.Empty:
            return
        if slot in self._spares:
            try:
                slot.retire()
            finally:
                self._unused.put(slot)
            return
        try:
            with self._left_to_the_next_job():
                slot.renew(lambda: self._closing)
        finally:
            self._free.put(slot)

    @contextlib.contextmanager
    def _left_to_the_next_job(self) -> Iterator[None]:
        try:
            yield
        except (SlotUnavailable, OSError, TimeoutError) as error:
            if self._closing:
                return
            # The next job tries again, and waits if that fails too.
            structlog.get_logger("warren.worker").error(
                "a slot process could not be started", error=str(error)
            )

    def stop_renewing(self) -> None:
        """No further job will come."""
        self._closing = True

    def pids(self) -> list[int]:
        """The children that live."""
        return [pid for slot in self._slots if (pid := slot.pid) is not None]

    def kill(self) -> None:
        """End all children at once; their jobs get SlotDied."""
        self._closing = True
        for slot in self._slots:
            slot.kill()

    def close(self, timeout: float) -> None:
        """Let idle children leave, kill the others after `timeout` seconds in all."""
        self._closing = True
        deadline = time.monotonic() + timeout
        if self._warmer is not None:
            self._warmer.join(timeout)
        for slot in self._slots:
            slot.close(max(0.1, deadline - time.monotonic()))
        self._spawner.shutdown(wait=False)
