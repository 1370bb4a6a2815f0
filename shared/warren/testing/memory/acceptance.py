"""How tasks come to be, whoever asks for them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from warren.client.clock import Clock
from warren.contracts.kinds import KindDefinition
from warren.contracts.lanes import Lane, queue_name
from warren.contracts.state_machine import HistoryNote, OutboxRow, TaskRow
from warren.contracts.states import TaskState
from warren.contracts.submission import TaskOptions
from warren.contracts.unique_keys import unique_key_of
from warren.errors import RejectedInput
from warren.testing.memory.stored_task import StoredTask
from warren.testing.memory.tasks import Tasks

#: Of a task whose kind nobody knows; a Worker class has as many unless it says otherwise.
_MAX_ATTEMPTS = 4


@dataclass(frozen=True, slots=True)
class Asker:
    """On whose behalf a task is done, as gateway.authentication.Caller."""

    customer_id: UUID
    actor: str
    plan: str = "standard"
    user_id: str | None = None
    parent_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A task that is asked for, with what the asker says about it."""

    id: UUID
    kind: str
    version: int
    payload: dict[str, Any]
    options: TaskOptions
    asker: Asker
    #: What its delay counts from.
    asked_at: datetime


class LaneNotAllowed(RejectedInput):
    """The customer's plan does not include the lane."""


class Acceptance:
    """Writes new tasks; the same id again makes nothing new."""

    def __init__(self, tasks: Tasks, clock: Clock) -> None:
        self._tasks = tasks
        self._clock = clock

    def accept(self, wanted: Wanted, definition: KindDefinition) -> StoredTask:
        """The task; the living one with its unique key, if there is one.

        Raises LaneNotAllowed.
        """
        options, asker = wanted.options, wanted.asker
        lane = choose_lane(definition, options.lane, asker)
        caller = {"customer_id": asker.customer_id, "user_id": options.user_id or asker.user_id}
        key = options.unique_key or unique_key_of(definition, caller, wanted.payload)
        holder = self._tasks.get(wanted.id) or self._tasks.holder(
            asker.customer_id, wanted.kind, key
        )
        if holder is not None:
            return holder
        due_at = _due_at(wanted)
        now = self._clock.now()
        later = due_at is not None and due_at > now
        row = self._row(wanted, TaskState.SCHEDULED if later else TaskState.PENDING)
        row.queue = queue_name(definition.service, lane, definition.pool)
        row.max_attempts = definition.max_retries + 1
        row.outbox = (OutboxRow(1, 1, 1),)
        task = self._task(wanted, row, lane)
        task.due_at, task.available_at = due_at, max(due_at or now, now)
        task.unique_key, task.dead_letter = key, definition.dead_letter
        self._tasks.add(task)
        return task

    def refuse(self, wanted: Wanted, state: TaskState, error: dict[str, Any]) -> StoredTask:
        """A task that has ended before it began, so that whoever holds its id learns why."""
        if (known := self._tasks.get(wanted.id)) is not None:
            return known
        now = self._clock.now()
        row = self._row(wanted, state)
        row.error, row.finished_at = error, now
        task = self._task(wanted, row, wanted.options.lane or Lane.DEFAULT)
        note = HistoryNote(wanted.id, 1, 1, f"task.{state.value}", 1, now, {"error": error})
        task.note(note)
        self._tasks.add(task)
        return task

    def _row(self, wanted: Wanted, state: TaskState) -> TaskRow:
        return TaskRow(
            id=wanted.id,
            customer_id=wanted.asker.customer_id,
            kind=wanted.kind,
            version=wanted.version,
            queue=queue_name(wanted.kind.partition(".")[0], wanted.options.lane or Lane.DEFAULT),
            state=state,
            generation=1,
            dispatch=1,
            rank=0,
            attempt=1,
            max_attempts=_MAX_ATTEMPTS,
        )

    def _task(self, wanted: Wanted, row: TaskRow, lane: Lane) -> StoredTask:
        options, now = wanted.options, self._clock.now()
        return StoredTask(
            row=row,
            payload=wanted.payload,
            lane=lane,
            actor=wanted.asker.actor,
            created_at=now,
            available_at=now,
            user_id=options.user_id or wanted.asker.user_id,
            parent_id=wanted.asker.parent_id,
            metadata=options.metadata,
            tags=options.tags,
            expires_at=options.expires_at,
            unique_key=options.unique_key,
        )


def choose_lane(definition: KindDefinition, wanted: Lane | None, asker: Asker) -> Lane:
    """The lane asked for, or the kind's own; raises LaneNotAllowed."""
    is_premium = asker.plan == "premium"
    if wanted is Lane.CRITICAL and not is_premium:
        raise LaneNotAllowed(
            "lane may be critical for customers of the premium plan only", field="lane"
        )
    lane = wanted or definition.lane
    return Lane.CRITICAL if is_premium and lane is Lane.DEFAULT else lane


def _due_at(wanted: Wanted) -> datetime | None:
    delay = wanted.options.delay_seconds
    if wanted.options.run_at is not None or delay is None:
        return wanted.options.run_at
    return wanted.asked_at + timedelta(seconds=delay)
