"""What statuses do to tasks: encoded, decoded and folded as between workers and recorders."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from copy import copy

from warren.client.clock import Clock
from warren.contracts.state_machine import Transition, fold
from warren.contracts.status import (
    Status,
    TaskPart,
    encode_statuses,
    parse_status,
    split_statuses,
)
from warren.testing.memory.tasks import Tasks

#: What else follows from a transition, once it is written.
Projection = Callable[[Transition], None]


class Recorder:
    """Writes transitions, and lets all that follows from them happen."""

    def __init__(self, tasks: Tasks, clock: Clock, projections: Sequence[Projection]) -> None:
        self._tasks = tasks
        self._clock = clock
        self._projections = [self._keep_artifacts, *projections]

    def follow(self, projection: Projection) -> None:
        """Call one more after all others."""
        self._projections.append(projection)

    def add(self, status: Status) -> "Future[None]":
        """Record a status as it arrives over the wire; the future is done, as it is recorded."""
        for raw in split_statuses(encode_statuses([status])):
            self._record(parse_status(raw))
        done: Future[None] = Future()
        done.set_result(None)
        return done

    def write(self, transition: Transition) -> None:
        """Record what no run has reported."""
        with self._tasks.lock:
            self._tasks.write(transition)
            for project in self._projections:
                project(transition)
            self._tasks.tell(transition.after.id)

    def _record(self, status: Status) -> None:
        with self._tasks.lock:
            task = self._tasks.get(status.task_id)
            if task is None:
                raise LookupError(f"there is no task {status.task_id}")
            self.write(fold(copy(task.row), [status], self._clock.now()))

    def _keep_artifacts(self, transition: Transition) -> None:
        task = self._tasks.get(transition.after.id)
        if task is None:
            return
        for item in transition.history:
            if isinstance(item, TaskPart):
                if item.data.artifact not in task.parts:
                    task.parts.append(item.data.artifact)
                task.artifacts.setdefault(item.data.artifact.id, item.data.artifact)
        if transition.success is not None:
            for artifact in transition.success.data.artifacts:
                task.artifacts[artifact.id] = artifact
