"""Lets jobs run when they are due: the relay, the scheduler, and the passing of time."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from warren.contracts.endings import expired
from warren.contracts.states import WaitingFor
from warren.testing.memory.clock import MemoryClock
from warren.testing.memory.rates import Rates
from warren.testing.memory.recording import Recorder
from warren.testing.memory.scheduling import Schedules
from warren.testing.memory.stored_task import StoredTask
from warren.testing.memory.tasks import Tasks
from warren.testing.memory.working import MemoryWorker

#: So many jobs in one go are more than a test has; a job that asks for itself has no end.
MOST_RUNS = 20_000


class NeverIdle(AssertionError):
    """There is always something more to do."""


class Relay:
    """Publishes one dispatch after another, each to its recorded outcome."""

    def __init__(
        self,
        tasks: Tasks,
        recorder: Recorder,
        schedules: Schedules,
        rates: Rates,
        worker: MemoryWorker,
        clock: MemoryClock,
    ) -> None:
        self._tasks = tasks
        self._recorder = recorder
        self._schedules = schedules
        self._rates = rates
        self._worker = worker
        self._clock = clock

    def run_due(self, already: int = 0) -> int:
        """All that is due now, and what follows from it; returns how many jobs ran."""
        self._check_idle()
        runs = 0
        self._begin()
        while (task := self._tasks.publish_next()) is not None:
            if already + runs >= MOST_RUNS:
                raise NeverIdle(
                    f"{MOST_RUNS} jobs ran and more are due, the next one a {task.row.kind}: "
                    "does a job ask for itself, or wait for what never comes?"
                )
            runs += self._run(task)
            self._begin()
        return runs

    def run_again(self, task_id: UUID) -> None:
        """Deliver the last message of a task once more; raises LookupError if there is none."""
        task = self._tasks.get(task_id)
        if task is None or task.published is None:
            raise LookupError(f"no job of task {task_id} has run that could run again")
        self._check_idle()
        self._worker.run_again(task.published)

    def run_until(self, moment: datetime, enough: Callable[[], bool] = lambda: False) -> int:
        """The same for every moment up to this one, or until it is `enough`; then it is that time.

        Of one moment everything is done, whether or not it is enough before.
        """
        runs = self.run_due()
        while not enough():
            following = self._next_moment()
            if following is None or following > moment:
                self._move_to(moment)
                return runs + self.run_due(runs)
            self._move_to(following)
            runs += self.run_due(runs)
        return runs

    def run_to_the_end(self) -> int:
        """The same until no task is left that waits for its time."""
        runs = self.run_due()
        while self._tasks.next_moment() is not None:
            following = self._next_moment()
            if following is None:
                break
            self._move_to(following)
            runs += self.run_due(runs)
        return runs

    def _check_idle(self) -> None:
        if self._worker.is_busy:
            raise RuntimeError("a job is running: let it return before the next one is run")

    def _begin(self) -> None:
        """What the time has brought about by itself."""
        self._schedules.fire_due()
        while (task := self._tasks.pop_expired()) is not None:
            self._recorder.write(expired().of(task.row, self._clock.now()))

    def _run(self, task: StoredTask) -> bool:
        """False for a task that has to wait for a limit."""
        wait = self._rates.wait_of(task)
        if wait is not None:
            self._tasks.hold(task, wait, WaitingFor.RATE)
            return False
        task.published = body = task.message().encode(self._clock.now())
        self._tasks.take_into_custody(task)
        self._worker.run(body)
        return True

    def _next_moment(self) -> datetime | None:
        moments = [self._tasks.next_moment(), self._schedules.next_moment()]
        return min((moment for moment in moments if moment is not None), default=None)

    def _move_to(self, moment: datetime) -> None:
        # A job may have moved the clock further by itself.
        self._clock.move_to(max(moment, self._clock.now()))
