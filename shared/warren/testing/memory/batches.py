"""Batches: who belongs to them, how far they are, and what follows their end."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from warren.client.clock import Clock
from warren.contracts.batch_end import (
    Tally,
    batch_end,
    callback_of,
    is_over,
    outcome_that_fits,
    room_for_outcome,
)
from warren.contracts.batches import BATCH_KIND, BatchOutcome, OutcomeDetail
from warren.contracts.intake import NewChild, SpawnTasks
from warren.contracts.lanes import Lane, queue_name
from warren.contracts.state_machine import HistoryNote, TaskRow, Transition
from warren.contracts.states import TaskState, WaitingFor
from warren.testing.memory.acceptance import Asker
from warren.testing.memory.joining import Joins
from warren.testing.memory.stored_task import StoredTask
from warren.testing.memory.tasks import Tasks


@dataclass(slots=True)
class _Batch:
    total: int
    callback: NewChild | None
    #: By position.
    members: dict[int, UUID] = field(default_factory=dict)
    #: How those that have ended have ended.
    ends: dict[UUID, TaskState] = field(default_factory=dict)
    counts: Counter[TaskState] = field(default_factory=Counter)

    def note(self, member: StoredTask) -> None:
        """Where a member stands; noting the same twice changes nothing."""
        before = self.ends.pop(member.row.id, None)
        if before is not None:
            self.counts[before] -= 1
        if member.row.state.is_terminal:
            self.ends[member.row.id] = member.row.state
            self.counts[member.row.state] += 1


class Batches:
    """Counts the ends of members; `ask` takes the command by which a batch asks for its callback.

    `joins` are the tasks that wait for batches. One of these is a projection: `count`.
    """

    def __init__(self, tasks: Tasks, clock: Clock, ask: Callable[[SpawnTasks], None]) -> None:
        self._tasks = tasks
        self._clock = clock
        self._ask = ask
        self._batches: dict[UUID, _Batch] = {}
        self._batch_of: dict[UUID, UUID] = {}
        self.joins = Joins(tasks, clock, self._outcome)

    def open(self, batch_id: UUID, total: int, callback: NewChild | None, asker: Asker) -> None:
        """Begin a batch; the same id again changes nothing."""
        if batch_id in self._batches:
            return
        now = self._clock.now()
        self._batches[batch_id] = _Batch(total, callback)
        row = TaskRow(
            id=batch_id,
            customer_id=asker.customer_id,
            kind=BATCH_KIND,
            version=1,
            queue=queue_name(BATCH_KIND.partition(".")[0], Lane.DEFAULT),
            state=TaskState.PROCESSING,
            generation=1,
            dispatch=1,
            rank=0,
            attempt=1,
            max_attempts=1,
            waiting_for=WaitingFor.MEMBERS,
            started_at=now,
        )
        task = StoredTask(row, {}, Lane.DEFAULT, asker.actor, created_at=now, available_at=now)
        task.user_id, task.parent_id = asker.user_id, asker.parent_id
        self._tasks.add(task)

    def total(self, batch_id: UUID) -> int | None:
        """How many members it will have; None if there is no such batch."""
        batch = self._batches.get(batch_id)
        return None if batch is None else batch.total

    def add(self, batch_id: UUID, offset: int, members: Sequence[UUID]) -> None:
        """These follow `offset` others; those that have ended already count at once."""
        batch = self._batches[batch_id]
        for position, member in enumerate(members, start=offset):
            if position < batch.total:
                batch.members.setdefault(position, member)
                self._batch_of.setdefault(member, batch_id)
                self._note(member)
        self.settle(batch_id)

    def members(self, batch_id: UUID) -> list[StoredTask]:
        """Those that have come so far, in their order; none of what is no batch."""
        batch = self._batches.get(batch_id)
        ids = [batch.members[position] for position in sorted(batch.members)] if batch else []
        return [task for member in ids if (task := self._tasks.get(member)) is not None]

    def count(self, transition: Transition) -> None:
        """What a member does by ending."""
        batch_id = self._batch_of.get(transition.after.id)
        if transition.ended and batch_id is not None:
            self._note(transition.after.id)
            self.settle(batch_id)

    def reopened(self, task_id: UUID) -> None:
        """A batch, or a member of one, lives again."""
        for member in self.members(task_id):
            self._note(member.row.id)
        self._note(task_id)
        self.settle(self._batch_of.get(task_id, task_id))

    def settle(self, batch_id: UUID) -> None:
        """Tell how far a batch is, and end it if its last member has ended."""
        task = self._tasks.get(batch_id)
        if task is None or batch_id not in self._batches or task.row.state.is_terminal:
            return
        tally = self._tally(batch_id)
        if not is_over(task.row, tally):
            task.row = copy(task.row)
            task.row.progress, task.row.message = tally.progress, tally.message
            self.joins.show_progress(batch_id, tally)
            return
        self._tasks.write(batch_end(task.row, tally, self._clock.now()))
        self.joins.wake(batch_id)
        callback = self._batches[batch_id].callback
        if callback is not None and task.row.state is not TaskState.CANCELLED:
            self._follow(task.row, tally, callback)
        self._tasks.tell(batch_id)

    def begin_cancelling(self, task: StoredTask, actor: str) -> None:
        """Let it take no more members, and nothing follow."""
        after = copy(task.row)
        after.state, after.waiting_for = TaskState.CANCELLING, None
        note = HistoryNote(
            after.id, after.generation, after.dispatch, "task.cancelling", after.attempt,
            self._clock.now(), {"by": actor},
        )  # fmt: skip
        self._tasks.write(Transition(task.row, after, notes=[note]))
        self._tasks.tell(after.id)

    def _note(self, task_id: UUID) -> None:
        member, batch_id = self._tasks.get(task_id), self._batch_of.get(task_id)
        if member is not None and batch_id is not None:
            self._batches[batch_id].note(member)

    def _outcome(self, batch_id: UUID, room: int) -> BatchOutcome | None:
        """How a batch has ended; None while it lives, or if there is none."""
        task = self._tasks.get(batch_id)
        if task is None or batch_id not in self._batches or not task.row.state.is_terminal:
            return None
        tally = self._tally(batch_id)
        return outcome_that_fits(tally, task.row.generation, self._told(batch_id), room)

    def _follow(self, row: TaskRow, tally: Tally, callback: NewChild) -> None:
        told = self._told(row.id)
        outcome = outcome_that_fits(tally, row.generation, told, room_for_outcome(callback))
        child = callback_of(callback, outcome)
        now = self._clock.now()
        self._ask(SpawnTasks(parent_id=row.id, run_id=row.id, at=now, children=[child]))

    def _tally(self, batch_id: UUID) -> Tally:
        batch = self._batches[batch_id]
        states = batch.counts
        return Tally(
            batch_id=batch_id,
            total=batch.total,
            callback=None,
            known=len(batch.members),
            succeeded=states[TaskState.SUCCEEDED],
            failed=states[TaskState.FAILED],
            cancelled=states[TaskState.CANCELLED],
            expired=states[TaskState.EXPIRED],
        )

    def _told(self, batch_id: UUID) -> Iterator[tuple[OutcomeDetail, list[dict[str, Any]]]]:
        states = [
            {"position": position, "task_id": task.row.id, "state": task.row.state}
            for position, task in enumerate(self.members(batch_id))
        ]
        rows = [task.row for task in self.members(batch_id)]
        yield (
            OutcomeDetail.RESULTS,
            [
                {**state, "result": row.result, "error": _public(row.error)}
                for state, row in zip(states, rows, strict=True)
            ],
        )
        yield OutcomeDetail.STATES, states
        missing = [state for state in states if state["state"] is not TaskState.SUCCEEDED]
        yield OutcomeDetail.UNSUCCESSFUL, missing


def _public(error: dict[str, Any] | None) -> dict[str, Any] | None:
    """Without what is for operators."""
    if error is None:
        return None
    return {name: value for name, value in error.items() if name != "traceback"}
