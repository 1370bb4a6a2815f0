"""Takes jobs from their messages to their confirmed outcomes."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from typing import Any, Protocol
from uuid import UUID

import structlog

from warren.client.clock import current_clock
from warren.contracts.ids import new_id
from warren.contracts.message import JobMessage, JobOptions
from warren.contracts.status import Outcome, Part, Status
from warren.errors import Unavailable, WarrenError
from warren.providers import Hold
from warren.worker.cancel_signal import CancelSignal
from warren.worker.custody import Custody, HeldRun
from warren.worker.discovery import AnyWorker
from warren.worker.execution import Execution
from warren.worker.job_loop import JobLoop
from warren.worker.job_report import Report
from warren.worker.job_run import Run
from warren.worker.outcome_log import log_outcome
from warren.worker.reporting import StatusMaker
from warren.worker.slot_process import SlotDied
from warren.worker.spawning import Send, unconnected
from warren.worker.verdict import Failure, Success, failure_of
from warren.worker.wear import Wear, WearLimits, WireName, resident_memory

#: Takes note of what became of a run, before that is published.
OnOutcome = Callable[[HeldRun, Outcome], None]
#: After so many deliveries without an answer a message is suspected of killing its process.
SUSPECT_AFTER = 2


class HandedBack(Unavailable):
    """The process is stopping; another one will run the job."""


class OtherVersion(WarrenError):
    """The message carries a version of the kind that this process does not handle."""


class StartsTooLate(WarrenError):
    """The task had to start before now, and nobody has started it."""


class Delivered(Protocol):
    """What the broker says about a message."""

    @property
    def redelivered(self) -> bool: ...


class Message(Protocol):
    """A job message as the worker threads get it."""

    @property
    def job(self) -> JobMessage: ...
    @property
    def delivery(self) -> Delivered: ...
    @property
    def unanswered(self) -> int:
        """Hand-overs of it that ended without an answer."""
        ...


class Slots(Protocol):
    """Processes that jobs can run in."""

    def run(
        self,
        run: Run,
        time_limit: float,
        report: Callable[[Report], None],
        cancellation: CancelSignal,
    ) -> Success: ...


class LoneSlots(Protocol):
    """Processes made for one job each."""

    def run(
        self,
        run: Run,
        worker: AnyWorker,
        report: Callable[[Report], None],
        cancellation: CancelSignal,
    ) -> Success: ...


class Buffer(Protocol):
    """Sends statuses; the future is done when they are confirmed."""

    def add(self, status: Status) -> "Future[None]": ...


class JobRunner:
    """Runs messages and settles them: `perform` first, then `settle` with what came of it.

    `threads` holds the executions of workers that run in this process: in the calling thread, or in
    `loop` if they are async and there is one; all others run in `slots`. What may have killed its
    process runs in a child of its own (`alone`): a message that was delivered twice without an
    answer, and a job whose slot has just died. If that child dies too, the task fails as `crashed`.
    `on_worn` hears why this process should run no other jobs (`wear` of it by those in its
    threads); perhaps more than once.
    """

    def __init__(
        self,
        workers: dict[WireName, AnyWorker],
        threads: dict[WireName, Execution],
        slots: Slots | None,
        buffer: Buffer,
        statuses: StatusMaker,
        alone: LoneSlots | None = None,
        is_cancelled: Callable[[UUID, int], bool] = lambda _task, _generation: False,
        on_hold: Callable[[Hold], None] = lambda _hold: None,
        send: Send = unconnected,
        loop: JobLoop | None = None,
        wear: Wear | None = None,
        on_worn: Callable[[str], None] = lambda _reason: None,
        on_outcome: OnOutcome = log_outcome,
    ) -> None:
        self._workers = workers
        self._threads = threads
        self._slots = slots
        self._buffer = buffer
        self._statuses = statuses
        self._alone = alone
        self._is_cancelled = is_cancelled
        self._on_hold = on_hold
        self._send = send
        self._loop = loop
        self._wear = wear or Wear(WearLimits(), {}, resident_memory)
        self._on_worn = on_worn
        self._on_outcome = on_outcome
        self._begun: dict[int, HeldRun | Future[None]] = {}
        self._handing_back = False
        self.custody = Custody()

    def perform(self, message: Message) -> "Success | Future[Success] | None":
        """Run the job of a message, or begin it in the loop; raises what the job raises.

        None if this process is running or has answered that message already.
        """
        held = self._begin(message)
        if not isinstance(held, HeldRun):
            return None
        # The run is in custody by now: a cancellation that comes later finds it there.
        if self._is_cancelled(held.run.task_id, held.run.generation):
            held.cancellation.make()
        held.cancellation.check()
        if held.worker is None:
            raise OtherVersion(f"{held.run.kind} version {held.run.version} is not handled here")
        if _is_too_late(message.job.options):
            raise StartsTooLate("the task had to start by its expires_at")
        self._buffer.add(self._statuses.processing(held.run))
        if message.unanswered >= SUSPECT_AFTER:
            return self._run_alone(held, held.worker)
        execution = self._threads.get((held.run.kind, held.run.version))
        if execution is not None:
            return self._run_here(held, execution)
        return self._run_in_slot(held, held.worker)

    def _run_here(self, held: HeldRun, execution: Execution) -> "Success | Future[Success]":
        name = (held.run.kind, held.run.version)
        self._note(self._wear.begun(name))
        if self._loop is not None and execution.is_async:
            return self._run_in_loop(held, execution, self._loop)
        try:
            report = partial(self._report, held)
            return execution.execute(held.run, report, held.cancellation, self._send)
        finally:
            self._note(self._wear.ended(name))

    def _run_in_loop(self, held: HeldRun, execution: Execution, loop: JobLoop) -> "Future[Success]":
        held.stack = partial(loop.stack_of, held.run.run_id)
        report = partial(self._report, held)
        end = execution.begin(loop, held.run, report, held.cancellation, self._send)
        name = (held.run.kind, held.run.version)
        end.add_done_callback(lambda _end: self._note(self._wear.ended(name)))
        return end

    def _note(self, worn: str | None) -> None:
        if worn is not None:
            self._on_worn(worn)

    def _run_in_slot(self, held: HeldRun, worker: AnyWorker) -> Success:
        if self._slots is None:
            raise HandedBack("this process has no slots for jobs in processes of their own")
        try:
            return self._slots.run(
                held.run, worker.time_limit, partial(self._report, held), held.cancellation
            )
        except SlotDied:
            if self._handing_back or held.cancellation.made:
                raise
        return self._run_alone(held, worker)

    def _run_alone(self, held: HeldRun, worker: AnyWorker) -> Success:
        if self._alone is None:
            raise HandedBack("this process has no slots for jobs that run alone")
        held.alone = True
        again = replace(held.run, repeated=True)
        return self._alone.run(again, worker, partial(self._report, held), held.cancellation)

    def settle(self, message: Message, result: Any, error: BaseException | None) -> "Future[None]":
        """Publish the outcome; the future is done when it is confirmed and the message may go."""
        held = self._begun.pop(id(message), None) or self._begin(message)
        self._begun.pop(id(message), None)
        if not isinstance(held, HeldRun):
            return held
        if not self.custody.conclude(held):
            return held.answered
        if held.cancellation.made:
            # Also after a success: it was not published before, so it is none any more.
            self._publish(held, partial(self._statuses.cancelled, held.run, held.seconds))
        elif self._handing_back and error is not None:
            self._publish_nothing(held)
        elif error is None:
            make = partial(self._statuses.succeeded, held.run, result, held.seconds)
            self._publish(held, make)
        else:
            self._publish(held, partial(self._failed, held, error))
        return held.answered

    def give_up(self, held: HeldRun, failure: Failure) -> bool:
        """Answer for a run that does not end.

        False if it has just ended by itself, or if its task was cancelled while an effect of it is
        under way: nothing may appear after `cancelled`, so ask again.
        """
        writes_nothing = held.cancellation.close()
        if held.cancellation.made and not writes_nothing:
            return False
        if held.worker is None or not self.custody.conclude(held):
            return False
        if held.cancellation.made:
            make = partial(self._statuses.cancelled, held.run, held.seconds)
        else:
            make = partial(self._statuses.failed, held.run, held.worker, failure, held.seconds)
        self._publish(held, make)
        return True

    def cancel(self, task_id: UUID, generation: int) -> None:
        """Have runs of this generation of the task, and of earlier ones, end without a result.

        A run whose outcome was made already keeps it. Any thread may call this.
        """
        for held in self.custody.running():
            if held.run.task_id == task_id and held.run.generation <= generation:
                held.cancellation.make()

    def hand_back(self) -> None:
        """From now on runs that fail leave no outcome: their messages go back to the broker."""
        self._handing_back = True

    def abandon(self) -> list[Any]:
        """Leave what still runs without an outcome, however it ends; returns its messages."""
        left = [held for held in self.custody.running() if self.custody.conclude(held)]
        for held in left:
            self._publish_nothing(held)
        return [held.message for held in left]

    def _begin(self, message: Message) -> "HeldRun | Future[None]":
        run = _run_of(message)
        held = HeldRun(
            run, str(message.job.dispatch), self._workers.get((run.kind, run.version)), message
        )
        known = self.custody.take(held)
        self._begun[id(message)] = known or held
        return known or held

    def _failed(self, held: HeldRun, error: BaseException) -> Outcome:
        if held.worker is None:
            return self._statuses.other_version(held.run)
        if isinstance(error, StartsTooLate):
            return self._statuses.too_late(held.run)
        return self._statuses.failed(held.run, held.worker, failure_of(error), held.seconds)

    def _publish(self, held: HeldRun, make: Callable[[], Outcome]) -> None:
        try:
            outcome = make()
            self._on_outcome(held, outcome)
            sent = self._buffer.add(outcome)
        except Exception as error:  # noqa: BLE001 - whoever waits for the answer learns of it
            # Concluded but never released, the message would be held as long as we live.
            structlog.get_logger("warren.worker").exception(
                "the outcome of a run could not be stated; the job will run again",
                task=str(held.run.task_id),
                kind=held.run.kind,
            )
            self.custody.release(held, error)
            return
        sent.add_done_callback(lambda done: self.custody.release(held, done.exception()))

    def _publish_nothing(self, held: HeldRun) -> None:
        held.cancellation.close()
        structlog.get_logger("warren.worker").info(
            "the job is handed back: this process is stopping", task=str(held.run.task_id)
        )
        self.custody.release(held, HandedBack("the worker is stopping"))

    def _report(self, held: HeldRun, report: Report) -> None:
        if isinstance(report, Hold):
            self._on_hold(report)
        elif held.concluded:
            return
        elif isinstance(report, Part):
            self._buffer.add(self._statuses.part(held.run, report))
        else:
            self._buffer.add(self._statuses.progress(held.run, report))


def _is_too_late(options: JobOptions) -> bool:
    if options.expires_at is None or options.started_at is not None:
        return False
    return options.expires_at <= current_clock().now()


def _run_of(message: Message) -> Run:
    job = message.job
    dispatch, options = job.dispatch, job.options
    later = dispatch.generation > 1 or dispatch.dispatch > 1 or options.attempt > 1
    return Run(
        run_id=new_id(),
        task_id=dispatch.task_id,
        generation=dispatch.generation,
        dispatch=dispatch.dispatch,
        attempt=options.attempt,
        customer_id=options.customer_id,
        kind=job.kind,
        version=options.version,
        payload=job.payload,
        repeated=later or options.deliveries > 0 or message.delivery.redelivered,
        traceparent=options.traceparent,
        started_at=options.started_at,
    )
