"""A worker thread: runs jobs and hands their outcomes on, without waiting for confirms."""

import time
from concurrent.futures import Future
from functools import partial
from typing import Protocol

from dramatiq.middleware import SkipMessage
from dramatiq.worker import WorkerThread

from warren.messaging.broker import WarrenBroker
from warren.messaging.job_proxy import JobProxy
from warren.messaging.job_source import JobSource


class JobThreadOwner(Protocol):
    """Who takes the outcomes."""

    def job_done(
        self, job: JobProxy, result: object, error: BaseException | None, seconds: float
    ) -> None:
        """A job has ended, one way or the other."""

    def job_left(self, job: JobProxy) -> None:
        """A job goes on without its thread."""

    def job_done_elsewhere(
        self, job: JobProxy, result: object, error: BaseException | None, seconds: float
    ) -> None:
        """Such a job has ended."""

    def thread_died(self, thread: "JobThread", job: JobProxy | None) -> None:
        """The thread ends by an error outside of any job's code; `job` is what it had at hand."""


class JobThread(WorkerThread):
    """Dramatiq's worker thread, except for what happens when a job has ended."""

    def __init__(
        self, broker: WarrenBroker, source: JobSource, owner: JobThreadOwner, worker_timeout: int
    ) -> None:
        super().__init__(
            broker=broker,
            consumers={},
            # Of a queue, Dramatiq's thread uses get() alone.
            work_queue=source,  # type: ignore[arg-type]
            worker_timeout=worker_timeout,
        )
        self._owner = owner
        self._job: JobProxy | None = None

    def run(self) -> None:
        """Work until stopped. An asynchronous exception can strike between two jobs as well."""
        try:
            super().run()
        except BaseException:
            self.logger.exception("A worker thread died; another one takes its place.")
            self._owner.thread_died(self, self._job)

    def process_message(self, message: JobProxy) -> None:  # type: ignore[override]
        """Run the job between the middleware's hooks, as Dramatiq does.

        One that goes on elsewhere is followed by its hook there.
        """
        self._job = message
        started = time.monotonic()
        result, error = self._perform(message)
        if isinstance(result, Future):
            # From here on the job is not this thread's, whatever becomes of it.
            self._job = None
            self._owner.job_left(message)
            result.add_done_callback(partial(self._ended_elsewhere, message, started))
        else:
            self._emit_end(message, result, error)
            self._owner.job_done(message, result, error, time.monotonic() - started)
            # An exception holds frames, and with them memory, until the next collection.
            message.clear_exception()
        self._job = None

    def _perform(self, message: JobProxy) -> tuple[object, BaseException | None]:
        try:
            self.broker.emit_before("process_message", message)
            if message.failed:
                return None, None
            actor = self.broker.get_actor(message.actor_name)
            return actor(*message.args, **message.kwargs), None
        except BaseException as error:  # noqa: BLE001 - whatever ends a job is its outcome
            return None, error

    def _ended_elsewhere(self, message: JobProxy, started: float, end: "Future[object]") -> None:
        error = end.exception()
        result = None if error is not None else end.result()
        self._emit_end(message, result, error)
        self._owner.job_done_elsewhere(message, result, error, time.monotonic() - started)
        message.clear_exception()

    def _emit_end(self, message: JobProxy, result: object, error: BaseException | None) -> None:
        if error is None:
            self.broker.emit_after("process_message", message, result=result)
            return
        message.stuff_exception(error)
        if isinstance(error, SkipMessage):
            self.broker.emit_after("skip_message", message)
        else:
            self.broker.emit_after("process_message", message, exception=error)
