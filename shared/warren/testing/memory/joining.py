"""Tasks that wait for batches of their own: run again when these have ended."""

from collections.abc import Callable
from copy import copy
from uuid import UUID

import orjson

from warren.client.clock import Clock
from warren.contracts.batch_end import Tally
from warren.contracts.batches import BatchOutcome
from warren.contracts.state_machine import Transition
from warren.contracts.states import TaskState, WaitingFor
from warren.contracts.status import TaskWaiting
from warren.contracts.submission import MAX_PAYLOAD_BYTES
from warren.testing.memory.stored_task import StoredTask
from warren.testing.memory.tasks import Tasks

_FRAME = 1024
_LEAVING = frozenset({TaskState.FAILED, TaskState.EXPIRED})
#: How a batch has ended, in so many bytes; None while it lives.
Outcome = Callable[[UUID, int], BatchOutcome | None]


class Joins:
    """Knows who waits for which batch. One of these is a projection: `follow`."""

    def __init__(self, tasks: Tasks, clock: Clock, outcome: Outcome) -> None:
        self._tasks = tasks
        self._clock = clock
        self._outcome = outcome
        self._waiting: dict[UUID, UUID] = {}

    def note_awaited(self, batch_id: UUID, task_id: UUID) -> None:
        """A task asks for a batch that it will wait for."""
        self._waiting[batch_id] = task_id

    def follow(self, transition: Transition) -> None:
        """A task begins to wait, or has ended."""
        row = transition.after
        if transition.ended and row.state not in _LEAVING:
            self._waiting = {b: t for b, t in self._waiting.items() if t != row.id}
        waits = [item for item in transition.history if isinstance(item, TaskWaiting)]
        batch_id = waits[-1].data.batch_id if waits else None
        if batch_id is not None and _waits(row.state, row.waiting_for):
            self.note_awaited(batch_id, row.id)
            self.wake(batch_id)

    def left_by(self, transition: Transition) -> list[UUID]:
        """The batches that nobody waits for any more, as who did has failed, or expired."""
        row = transition.after
        left = transition.ended and row.state in _LEAVING
        return self.awaited_by(row.id) if left else []

    def forget(self, batch_id: UUID) -> None:
        """Nobody waits for it."""
        self._waiting.pop(batch_id, None)

    def awaited_by(self, task_id: UUID) -> list[UUID]:
        """The batches that a task waits for."""
        return [batch_id for batch_id, waiting in self._waiting.items() if waiting == task_id]

    def show_progress(self, batch_id: UUID, tally: Tally) -> None:
        """Tell whoever waits for the batch how far it is."""
        if (task := self._task(batch_id)) is not None:
            task.row = copy(task.row)
            task.row.progress = max(task.row.progress, tally.progress)
            task.row.message = tally.message

    def wake(self, batch_id: UUID) -> None:
        """Run whoever waits for the batch, if that has ended."""
        task = self._task(batch_id)
        if task is None:
            return
        payload = {name: value for name, value in task.payload.items() if name != "batch"}
        room = MAX_PAYLOAD_BYTES - len(orjson.dumps(payload)) - _FRAME
        outcome = self._outcome(batch_id, room)
        if outcome is None:
            return
        task.payload = {**payload, "batch": outcome.model_dump(mode="json", exclude_none=True)}
        task.row = copy(task.row)
        task.row.waiting_for = None
        self._tasks.make_due(task)

    def _task(self, batch_id: UUID) -> StoredTask | None:
        waiting = self._waiting.get(batch_id)
        task = self._tasks.get(waiting) if waiting is not None else None
        if task is None or not _waits(task.row.state, task.row.waiting_for):
            return None
        return task


def _waits(state: TaskState, reason: WaitingFor | None) -> bool:
    return state is TaskState.PENDING and reason is WaitingFor.MEMBERS
