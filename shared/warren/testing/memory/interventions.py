"""What people do to tasks: cancel them, and start them again."""

from copy import copy
from uuid import UUID

from warren.client.clock import Clock
from warren.contracts.batches import BATCH_KIND
from warren.contracts.endings import cancelled
from warren.contracts.generations import RETRYABLE, next_generation
from warren.contracts.state_machine import HistoryNote, Transition
from warren.contracts.states import TaskState
from warren.testing.memory.batches import Batches
from warren.testing.memory.recording import Recorder
from warren.testing.memory.refusal import Refusal
from warren.testing.memory.stored_task import StoredTask
from warren.testing.memory.tasks import Tasks
from warren.testing.memory.working import MemoryWorker

_CANCELLED = frozenset({TaskState.CANCELLED, TaskState.CANCELLING})


class Interventions:
    """Raises Refusal for what is not possible any more."""

    def __init__(
        self,
        tasks: Tasks,
        batches: Batches,
        recorder: Recorder,
        worker: MemoryWorker,
        clock: Clock,
        actor: str,
    ) -> None:
        self._tasks = tasks
        self._batches = batches
        self._recorder = recorder
        self._worker = worker
        self._clock = clock
        self._actor = actor

    def task(self, task_id: UUID) -> StoredTask:
        """Raises Refusal if there is none."""
        task = self._tasks.get(task_id)
        if task is None:
            raise Refusal(404, "not-found", f"there is no task {task_id}")
        return task

    def cancel(self, task_id: UUID) -> StoredTask:
        """At once while nobody runs it, at its next checkpoint otherwise; of a batch all members.

        Asking again changes nothing.
        """
        task = self.task(task_id)
        self._cancel_with_members(task)
        if task.row.state not in _CANCELLED:
            state = task.row.state.value
            raise Refusal(409, "task-ended", f"task {task_id} has {state} already")
        return task

    def retry(self, task_id: UUID) -> StoredTask:
        """Its next generation; of a batch the members that did not succeed."""
        task = self.task(task_id)
        if task.row.state not in RETRYABLE:
            detail = f"task {task_id} is {task.row.state.value}"
            raise Refusal(409, "task-not-retryable", detail)
        if not self._tasks.take_key(task):
            detail = f"another live task has the unique key of {task_id}"
            raise Refusal(409, "task-not-retryable", detail)
        self._start_again(task)
        for member in self._batches.members(task_id):
            if member.row.state in RETRYABLE and self._tasks.take_key(member):
                self._start_again(member)
        self._batches.reopened(task_id)
        return task

    def leave(self, transition: Transition) -> None:
        """A projection: with a task that fails, or expires, end the batches that it waits for."""
        for batch_id in self._batches.joins.left_by(transition):
            self._batches.joins.forget(batch_id)
            if (batch := self._tasks.get(batch_id)) is not None:
                self._cancel_with_members(batch)

    def _start_again(self, task: StoredTask) -> None:
        task.due_at = task.expires_at = None
        self._tasks.write(next_generation(task.row, self._actor, self._clock.now()))
        self._tasks.tell(task.row.id)

    def _cancel_with_members(self, task: StoredTask) -> None:
        """With a batch its members, with a task the batches that it waits for."""
        if task.row.state.is_terminal:
            return
        if task.row.kind != BATCH_KIND:
            awaited = self._batches.joins.awaited_by(task.row.id)
            self._cancel(task)
            for batch in filter(None, map(self._tasks.get, awaited)):
                self._cancel_with_members(batch)
            return
        if task.row.state is not TaskState.CANCELLING:
            self._batches.begin_cancelling(task, self._actor)
        for member in self._batches.members(task.row.id):
            self._cancel_with_members(member)
        self._batches.settle(task.row.id)

    def _cancel(self, task: StoredTask) -> None:
        row, now = task.row, self._clock.now()
        if row.state.is_terminal or row.state is TaskState.CANCELLING:
            return
        if row.outbox:
            self._recorder.write(cancelled(self._actor).of(row, now))
            return
        after = copy(row)
        after.state, after.waiting_for = TaskState.CANCELLING, None
        note = HistoryNote(
            row.id, row.generation, row.dispatch, "task.cancelling", row.attempt, now,
            {"by": self._actor},
        )  # fmt: skip
        self._recorder.write(Transition(row, after, notes=[note]))
        self._worker.cancel(row.id, row.generation)
