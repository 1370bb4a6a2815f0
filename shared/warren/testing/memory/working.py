"""Runs jobs, one at a time, as a worker process does: decode, perform, state the outcome."""

import asyncio
import threading
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from warren.client.clock import Clock
from warren.contracts.message import JobMessage
from warren.errors import TimeLimitExceeded
from warren.testing.memory.kinds import Kinds
from warren.testing.memory.recording import Recorder
from warren.worker.discovery import AnyWorker
from warren.worker.execution import Execution
from warren.worker.job_artifacts import Store
from warren.worker.reporting import StatusMaker
from warren.worker.runner import JobRunner
from warren.worker.spawning import Send


@dataclass(frozen=True, slots=True)
class _Delivery:
    redelivered: bool = False


@dataclass(frozen=True, slots=True)
class _Message:
    job: JobMessage
    delivery: _Delivery = _Delivery()
    unanswered: int = 0


class MemoryWorker:
    """The worker process of all services; jobs run in the calling thread, whatever isolation they
    declare, or beside it while that thread has a running event loop."""

    def __init__(
        self, kinds: Kinds, recorder: Recorder, store: Store, send: Send, clock: Clock
    ) -> None:
        self._kinds = kinds
        self._clock = clock
        executions = {name: Execution(worker, store) for name, worker in kinds.workers.items()}
        statuses = StatusMaker("in-memory", clock.now)
        self._new_process = partial(
            JobRunner, kinds.workers, executions, None, recorder, statuses, send=send
        )
        self._runner = self._new_process()

    @property
    def is_busy(self) -> bool:
        """Whether a job is running."""
        return bool(self._runner.custody.running())

    def run(self, body: bytes) -> None:
        """Take a message to its recorded outcome."""
        self._deliver(_Message(JobMessage.decode(body)))

    def run_again(self, body: bytes) -> None:
        """The same in another process, as after the death of the one that had the message."""
        self._runner = self._new_process()
        self._deliver(_Message(JobMessage.decode(body), _Delivery(redelivered=True), unanswered=1))

    def _deliver(self, message: _Message) -> None:
        job = message.job
        worker = self._kinds.workers.get((job.kind, job.options.version))
        if worker is not None:
            self._kinds.prepare(worker)
        _beside_a_running_loop(lambda: self._run(message, worker))

    def cancel(self, task_id: UUID, generation: int) -> None:
        """As the order of a cancellation does."""
        self._runner.cancel(task_id, generation)

    def _run(self, message: _Message, worker: AnyWorker | None) -> None:
        began = self._clock.monotonic()
        result: Any = None
        failure: Exception | None = None
        try:
            result = self._runner.perform(message)
        except Exception as error:  # noqa: BLE001 - it decides what becomes of the task
            failure = error
        if worker is not None and self._clock.monotonic() - began >= worker.time_limit:
            failure = TimeLimitExceeded(f"still running after {worker.time_limit:g} seconds")
        self._runner.settle(message, result, failure).result(0)


def _beside_a_running_loop(run: Callable[[], None]) -> None:
    """Async jobs need a loop of their own, which a thread that has one running cannot give."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        run()
        return
    raised: list[BaseException] = []

    def guarded() -> None:
        try:
            run()
        except BaseException as error:  # noqa: BLE001 - raised below, where somebody sees it
            raised.append(error)

    thread = threading.Thread(target=copy_context().run, args=[guarded])
    thread.start()
    thread.join()
    if raised:
        raise raised[0]
