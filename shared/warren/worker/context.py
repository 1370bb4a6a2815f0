"""What a job sees of the world: its ids, its files, progress, events and its log."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

import structlog

from warren.client.batches import enter_batch
from warren.client.clock import current_clock
from warren.client.enqueueing import checked_key
from warren.client.errors import InvalidJob
from warren.client.handle import TaskHandle
from warren.client.new_task import NewTask, options_of
from warren.contracts.artifact import ArtifactRef
from warren.contracts.batches import BatchCallback, BatchOutcome
from warren.contracts.events import EmittedEvent, Event
from warren.contracts.intake import batch_id, child_id, member_key, named_batch
from warren.contracts.job import Job
from warren.errors import PermanentError, TimeLimitExceeded
from warren.worker.cancel_signal import CancelSignal
from warren.worker.effects import Effect
from warren.worker.job_artifacts import JobArtifacts
from warren.worker.job_run import Run
from warren.worker.joined_batches import JoinedBatches
from warren.worker.joining import MembersAwaited
from warren.worker.parts import PartReporter
from warren.worker.progress import ProgressReporter
from warren.worker.spawning import Spawner


class JobContext:
    """Given to `perform`. Everything a job does to the outside goes through it or a port.

    `artifacts` saves and reads files; `log` carries the task's id, kind and attempt.
    """

    def __init__(
        self,
        run: Run,
        artifacts: JobArtifacts,
        progress: ProgressReporter,
        *,
        parts: PartReporter,
        make_effect: Callable[[str], Effect],
        entrance: Spawner | None = None,
        soft_time_limit: float = float("inf"),
        cancellation: CancelSignal | None = None,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self._run = run
        self._progress = progress
        self._parts = parts
        self._make_effect = make_effect
        self._entrance = entrance
        self._events: list[EmittedEvent] = []
        self._clock = clock or current_clock().monotonic
        self._soft_time_limit = soft_time_limit
        self._cancellation = cancellation or CancelSignal()
        self._ends_at = self._clock() + soft_time_limit
        self.artifacts = artifacts
        self.log: Any = structlog.get_logger("warren.job")

    @property
    def task_id(self) -> UUID:
        """The task."""
        return self._run.task_id

    @property
    def customer_id(self) -> UUID:
        """The customer that the task belongs to."""
        return self._run.customer_id

    @property
    def attempt(self) -> int:
        """From 1 within a generation."""
        return self._run.attempt

    @property
    def generation(self) -> int:
        """From 1; an explicit retry starts the next."""
        return self._run.generation

    @property
    def dispatch(self) -> int:
        """From 1 within a generation; every publication of the task counts."""
        return self._run.dispatch

    @property
    def run_id(self) -> UUID:
        """This execution."""
        return self._run.run_id

    @property
    def idempotency_key(self) -> str:
        """For calls to others: the same in every run of this task."""
        return str(self._run.task_id)

    @property
    def events(self) -> tuple[EmittedEvent, ...]:
        """What was emitted so far."""
        return tuple(self._events)

    def progress(self, percent: float, message: str | None = None) -> None:
        """Report how far the job is (0-100); cheap to call often.

        Raises what `check_cancelled` raises.
        """
        self.check_cancelled()
        self._progress.report(percent, message)

    def part(self, artifact: ArtifactRef) -> int:
        """Announce a saved file as the next piece of the result; returns its number, from 1.

        Callers see it at once; of several runs of one dispatch they see the piece that was recorded
        first. At most 20 a second (it waits) and 1,000 a run (then TooManyParts). Raises what
        `check_cancelled` raises.
        """
        self.check_cancelled()
        return self._parts.report(artifact)

    def effect(self, key: str) -> Effect:
        """A write to the outside that is to happen once for this task.

        `key` names it within the task and must be the same in every run.
        """
        return self._make_effect(key)

    def emit(self, event: Event) -> None:
        """State a fact that becomes known to subscribers if and when the job succeeds."""
        self._events.append(event.wire())

    def spawn(
        self,
        job: Job | Iterable[Job],
        *,
        key: str | None = None,
        then: BatchCallback | None = None,
        **options: Any,
    ) -> TaskHandle:
        """Ask for another task; returns when the broker has confirmed that.

        Of several jobs, up to 10,000, a batch is made and its handle returned; `then` is done when
        the last of them has ended, and told how they have (warren.contracts.batches).

        `key` names the child within this task: whichever run asks for it, it is the same task.
        Without one it is known by its number among the children of its kind. `options` are those of
        warren.contracts.submission.TaskOptions. Any thread may call this. Raises Unavailable if the
        broker does not answer, InvalidJob or PayloadTooLarge, and what `check_cancelled` raises.
        """
        entrance = self._way_out()
        if not isinstance(job, Job):
            return enter_batch(job, then, key=key, options=options, entrance=entrance)
        if then is not None:
            raise InvalidJob("then follows several jobs: give them as a list", field="then")
        (child,) = entrance.enqueue([NewTask(job, options_of(options), checked_key(key))])
        return TaskHandle(child)

    def join(
        self, jobs: Iterable[Job], told: BatchOutcome | None, *, key: str, **options: Any
    ) -> BatchOutcome:
        """Have these jobs done, and go on when the last of them has ended: returns how they have.

        Until then this raises MembersAwaited, which the job lets pass: its task waits without a
        slot or an attempt, shows how many have ended, and is run again. `told` is the field `batch`
        of the job, whose model is a BatchCallback: the next run is told there. `key` names the
        batch within the task, `options` are as `spawn` takes them. Cancelling the task cancels the
        jobs. Raises what `spawn` raises.
        """
        awaited = batch_id(self.task_id, named_batch(key))
        if told is not None and told.batch_id == awaited:
            return told
        entrance = JoinedBatches(self._way_out())
        enter_batch(jobs, None, key=key, options=options, entrance=entrance)
        raise MembersAwaited(awaited)

    def member_result(self, key: str, position: int) -> Any:
        """What the job at this position of a joined batch has returned.

        Known of those that have saved files; None for others, and where it did not succeed.
        """
        member = child_id(self.task_id, member_key(named_batch(key), position))
        return self.artifacts.outcome_of(member)

    def check_cancelled(self) -> None:
        """A place where the job may be ended.

        Raises JobCancelled once its task was cancelled, TimeLimitExceeded after the soft limit.
        """
        self._cancellation.check()
        if self._clock() >= self._ends_at:
            raise TimeLimitExceeded(f"still running after {self._soft_time_limit:g} seconds")

    def _way_out(self) -> Spawner:
        self.check_cancelled()
        if self._entrance is None:
            raise PermanentError("this context was made without a way for new tasks")
        return self._entrance
