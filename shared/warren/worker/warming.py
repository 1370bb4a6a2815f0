"""Loads what a Worker class needs, once in each process."""

import threading
import time

from warren.worker.discovery import AnyWorker
from warren.worker.load_numbers import load_numbers


class WarmUp:
    """The one `warm_up` of a class in this process; if it fails, the next who needs it tries."""

    def __init__(self, worker: AnyWorker) -> None:
        self._worker = worker
        self._lock = threading.Lock()
        self._done = False

    def at_start(self) -> None:
        """Load now, unless the class wants to wait for its first job."""
        if self._worker.warm_up_at == "start":
            self.ensure()

    def ensure(self) -> None:
        """Load, or wait for who does, unless that is done; raises what `warm_up` raises."""
        if self._done:
            return
        with self._lock:
            if not self._done:
                began = time.monotonic()
                self._worker.warm_up()
                self._done = True
                load_numbers().loaded({self._worker.job_model.kind: time.monotonic() - began})
