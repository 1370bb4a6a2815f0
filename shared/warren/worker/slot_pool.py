"""All slot processes of one worker process."""

import queue
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from warren.worker.cancel_signal import CancelSignal
from warren.worker.job_report import Report
from warren.worker.job_run import Run
from warren.worker.slot_process import SlotProcess, SlotUnavailable
from warren.worker.spawning import Publish
from warren.worker.verdict import Success

#: There are as many slots as threads, so one is free at once; this only ends a wait for nothing.
_ACQUIRE_TIMEOUT = 60.0


class SlotPool:
    """`size` slot processes, each used by one thread at a time.

    `shared` is the folder of what this process and its slots both look at (warren.worker.shared);
    `intake` publishes what jobs ask for.
    """

    def __init__(
        self,
        package: str,
        size: int,
        *,
        start_timeout: float,
        shared: Path | None = None,
        intake: Publish | None = None,
    ) -> None:
        self._spawner = ThreadPoolExecutor(max_workers=1, thread_name_prefix="slot-spawner")
        self._slots = [
            SlotProcess(
                package, self._spawner, start_timeout=start_timeout, shared=shared, intake=intake
            )
            for _ in range(size)
        ]
        self._free: queue.LifoQueue[SlotProcess] = queue.LifoQueue()

    def start(self, give_up: Callable[[], bool] = lambda: False) -> bool:
        """Start all and wait until they have loaded; raises SlotUnavailable.

        Returns False as soon as `give_up` does not want to wait any longer.
        """
        for slot in self._slots:
            slot.start()
        for slot in self._slots:
            if not slot.wait_until_ready(give_up):
                return False
            self._free.put(slot)
        return True

    def run(
        self,
        run: Run,
        time_limit: float,
        report: Callable[[Report], None],
        cancellation: CancelSignal,
    ) -> Success:
        """Run one job in a free slot; raises what SlotProcess.run raises."""
        try:
            slot = self._free.get(timeout=_ACQUIRE_TIMEOUT)
        except queue.Empty as error:
            raise SlotUnavailable(f"no slot was free within {_ACQUIRE_TIMEOUT:g} s") from error
        try:
            return slot.run(run, time_limit, report, cancellation)
        finally:
            self._free.put(slot)

    def pids(self) -> list[int]:
        """The children that live."""
        return [pid for slot in self._slots if (pid := slot.pid) is not None]

    def kill(self) -> None:
        """End all children at once; their jobs get SlotDied."""
        for slot in self._slots:
            slot.kill()

    def close(self, timeout: float) -> None:
        """Let idle children leave, kill the others after `timeout` seconds in all."""
        deadline = time.monotonic() + timeout
        for slot in self._slots:
            slot.close(max(0.1, deadline - time.monotonic()))
        self._spawner.shutdown(wait=False)
