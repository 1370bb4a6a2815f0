"""Turns what happened in a run into the statuses that the recorder reads."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from warren.contracts.ids import new_id
from warren.contracts.message import JobMessage
from warren.contracts.states import WaitingFor
from warren.contracts.status import (
    Cancelled,
    Failed,
    Outcome,
    Part,
    Progress,
    Retrying,
    Succeeded,
    TaskCancelled,
    TaskFailed,
    TaskHandedBack,
    TaskPart,
    TaskProcessing,
    TaskProgress,
    TaskRetrying,
    TaskSucceeded,
    TaskWaiting,
    Waiting,
)
from warren.worker.backoff import retry_delay, waiting_delay
from warren.worker.base import Worker
from warren.worker.job_run import Run
from warren.worker.verdict import Failure, Success

#: Seconds until a task whose version nobody here handles is tried elsewhere.
OTHER_VERSION_DELAY = 10.0
#: Until a task that waits for a batch of its own looks by itself whether it is over. The end of the
#: batch wakes it; should that ever be missed, this is how long nobody notices.
LOOK_AGAIN = 900.0
#: Until the database's clock, which decides, has surely passed the moment that ours has.
TOO_LATE_DELAY = 1.0


class StatusMaker:
    """Makes statuses in the name of one process."""

    def __init__(
        self, incarnation: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._incarnation = incarnation
        self._now = now

    def processing(self, run: Run) -> TaskProcessing:
        """The run has started."""
        return TaskProcessing(**self._head(run))

    def progress(self, run: Run, progress: Progress) -> TaskProgress:
        """How far the run is."""
        return TaskProgress(**self._head(run), data=progress)

    def part(self, run: Run, part: Part) -> TaskPart:
        """A piece of the result is there."""
        return TaskPart(**self._head(run), data=part)

    def succeeded(self, run: Run, success: Success, seconds: float) -> Outcome:
        """The result stands."""
        return TaskSucceeded(
            **self._head(run),
            data=Succeeded(
                result=success.result,
                artifacts=list(success.artifacts),
                events=list(success.events),
                processing_seconds=seconds,
            ),
        )

    def failed(
        self, run: Run, worker: type[Worker[Any, Any]], failure: Failure, seconds: float
    ) -> Outcome:
        """What follows from the error: wait, try again, or the end."""
        if failure.category == "cancelled":
            return self.cancelled(run, seconds)
        waits = failure.category in ("unavailable", "members")
        if waits and (left := self._patience(run, worker)) > 0:
            return self._waiting(run, worker, failure, seconds, left)
        if failure.category == "transient" and run.attempt <= worker.max_retries:
            return TaskRetrying(
                **self._head(run),
                data=Retrying(
                    delay=retry_delay(worker, run.attempt),
                    error=failure.error,
                    processing_seconds=seconds,
                ),
            )
        spent = failure.category in ("transient", "unavailable", "members")
        source = "exhausted" if spent else failure.category
        return TaskFailed(
            **self._head(run),
            data=Failed(source=source, error=failure.error, processing_seconds=seconds),
        )

    def cancelled(self, run: Run, seconds: float) -> Outcome:
        """The run has ended, or never begun, because its task was cancelled."""
        return TaskCancelled(**self._head(run), data=Cancelled(processing_seconds=seconds))

    def other_version(self, run: Run) -> Outcome:
        """Somebody else has to run this."""
        waiting = Waiting(reason=WaitingFor.WORKER_VERSION, delay=OTHER_VERSION_DELAY)
        return TaskWaiting(**self._head(run), data=waiting)

    def too_late(self, run: Run) -> Outcome:
        """Nothing has run: whoever would issue this again ends the task as expired."""
        waiting = Waiting(reason=WaitingFor.QUEUE, delay=TOO_LATE_DELAY)
        return TaskWaiting(**self._head(run), data=waiting)

    def handed_back(self, job: JobMessage) -> TaskHandedBack:
        """Its message goes to the end of its queue."""
        return TaskHandedBack(
            id=new_id(),
            task_id=job.dispatch.task_id,
            generation=job.dispatch.generation,
            dispatch=job.dispatch.dispatch,
            attempt=job.options.attempt,
            run_id=new_id(),
            incarnation=self._incarnation,
            at=self._now(),
        )

    def _patience(self, run: Run, worker: type[Worker[Any, Any]]) -> float:
        """For how many more seconds the task may wait."""
        if run.started_at is None:
            return worker.max_age
        return worker.max_age - (self._now() - run.started_at).total_seconds()

    def _waiting(
        self,
        run: Run,
        worker: type[Worker[Any, Any]],
        failure: Failure,
        seconds: float,
        patience: float,
    ) -> Outcome:
        if failure.category == "members":
            waiting = Waiting(
                reason=WaitingFor.MEMBERS,
                delay=min(LOOK_AGAIN, patience),
                batch_id=failure.batch_id,
                processing_seconds=seconds,
            )
            return TaskWaiting(**self._head(run), data=waiting)
        delay = failure.retry_after
        if delay is None:
            # A wait spends no attempt; the number of dispatches tells how often it was in vain.
            delay = waiting_delay(worker, run.dispatch)
        return TaskWaiting(
            **self._head(run),
            data=Waiting(
                reason=WaitingFor.PROVIDER_DOWN,
                delay=min(max(0.0, delay), patience),
                error=failure.error,
                processing_seconds=seconds,
            ),
        )

    def _head(self, run: Run) -> dict[str, Any]:
        return {
            "id": new_id(),
            "task_id": run.task_id,
            "generation": run.generation,
            "dispatch": run.dispatch,
            "attempt": run.attempt,
            "run_id": run.run_id,
            "incarnation": self._incarnation,
            "at": self._now(),
        }
