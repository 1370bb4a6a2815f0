"""Jobs that threads have taken and whose end is not confirmed yet."""

import threading
from collections.abc import Callable

from warren.messaging.job_proxy import JobProxy


class UnsettledJobs:
    """Counts them, so that a worker can wait for the last one. Thread-safe."""

    def __init__(self) -> None:
        self._jobs: dict[int, JobProxy] = {}
        self._changed = threading.Condition()

    def add(self, job: JobProxy) -> None:
        """A thread has taken the job."""
        with self._changed:
            self._jobs[id(job)] = job

    def remove(self, job: JobProxy, first: Callable[[], None] | None = None) -> bool:
        """The job was acked, rejected or given back; False if that had happened before.

        `first` is called, if the job is found, before who waits for the last one learns of it.
        """
        with self._changed:
            found = self._jobs.pop(id(job), None) is not None
            if found and first is not None:
                first()
            if not self._jobs:
                self._changed.notify_all()
            return found

    def message_ids(self) -> list[str]:
        """Their message ids, `<task>.<generation>.<dispatch>`."""
        with self._changed:
            return [job.message_id for job in self._jobs.values()]

    def wait_until_none(self, timeout: float | None) -> bool:
        """Wait for the last one, at most `timeout` seconds; False if some are left."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._jobs, timeout)
