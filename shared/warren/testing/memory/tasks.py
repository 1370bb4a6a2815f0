"""All tasks of an in-memory system, and the keys that the living ones hold."""

import heapq
from collections.abc import Callable, Iterator
from copy import copy
from datetime import datetime, timedelta
from itertools import count
from threading import RLock
from uuid import UUID

from warren.client.clock import Clock
from warren.contracts.state_machine import InFlight, Transition
from warren.contracts.states import WaitingFor
from warren.testing.memory.stored_task import StoredTask
from warren.testing.memory.waiting import Waiting

_Key = tuple[UUID, str, str]


class Tasks:
    """In the order in which they were accepted.

    Threads that jobs start by themselves report and ask, too: who reads and writes here because of
    what it has read holds `lock` meanwhile. `watchers` are called by `tell`.
    """

    def __init__(self, clock: Clock) -> None:
        self.lock = RLock()
        self.watchers: list[Callable[[StoredTask], None]] = []
        self._clock = clock
        self._tasks: dict[UUID, StoredTask] = {}
        self._holders: dict[_Key, UUID] = {}
        self._waiting = Waiting()
        self._numbers = count()
        self._expiries: list[tuple[datetime, int, StoredTask]] = []

    def __iter__(self) -> Iterator[StoredTask]:
        return iter(list(self._tasks.values()))

    def get(self, task_id: UUID) -> StoredTask | None:
        """The task, if there is one."""
        return self._tasks.get(task_id)

    def add(self, task: StoredTask) -> None:
        """Keep a new task; the unique key of one that lives is its own from now on."""
        self._tasks[task.row.id] = task
        if task.row.state.is_terminal:
            return
        self.take_key(task)
        if task.row.outbox:
            self._waiting.push(task)
        if task.expires_at is not None:
            heapq.heappush(self._expiries, (task.expires_at, next(self._numbers), task))

    def holder(self, customer_id: UUID, kind: str, key: str | None) -> StoredTask | None:
        """The living task that holds a unique key."""
        holder = self._holders.get((customer_id, kind, key)) if key is not None else None
        return None if holder is None else self._tasks[holder]

    def take_key(self, task: StoredTask) -> bool:
        """Give a task its unique key, if it has one; False if another holds it."""
        key = _key(task)
        return key is None or self._holders.setdefault(key, task.row.id) == task.row.id

    def write(self, transition: Transition) -> None:
        """Make it so."""
        task, before = self._tasks[transition.after.id], transition.before
        task.row = transition.after
        for item in (*transition.history, *transition.notes):
            task.note(item)
        if task.row.outbox and task.row.outbox != before.outbox:
            delay = timedelta(seconds=task.row.outbox[0].delay or 0.0)
            task.available_at = self._clock.now() + delay
            self._waiting.push(task)
        key = _key(task)
        if transition.ended and key is not None and self._holders.get(key) == task.row.id:
            del self._holders[key]

    def tell(self, task_id: UUID) -> None:
        """Something has happened to a task, and all that follows has, too."""
        for look in self.watchers:
            look(self._tasks[task_id])

    def publish_next(self) -> StoredTask | None:
        """The next task that is due, with its dispatch still to be published."""
        return self._waiting.pop(self._clock.now())

    def pop_expired(self) -> StoredTask | None:
        """The next task that nobody has started by its time."""
        now = self._clock.now()
        while self._expiries and self._expiries[0][0] <= now:
            task = heapq.heappop(self._expiries)[2]
            if task.is_too_late(now):
                return task
        return None

    def next_moment(self) -> datetime | None:
        """When the next of those is due, or ends, that wait for their time."""
        due = self._waiting.next_moment()
        if due is None or not self._expiries:
            return due
        return min(due, self._expiries[0][0])

    def make_due(self, task: StoredTask) -> None:
        """Its dispatch is to be published now."""
        task.available_at = self._clock.now()
        self._waiting.push(task)

    def hold(self, task: StoredTask, wait: timedelta, reason: WaitingFor) -> None:
        """Its dispatch is due, but not to be published before a while."""
        task.available_at, task.held_by = self._clock.now() + wait, reason
        self._waiting.push(task)

    def take_into_custody(self, task: StoredTask) -> None:
        """Its dispatch is published."""
        task.held_by = None
        (due,) = task.row.outbox
        row = copy(task.row)
        row.outbox = ()
        row.in_flight = InFlight(due.generation, due.dispatch, self._clock.now())
        task.row = row


def _key(task: StoredTask) -> _Key | None:
    if task.unique_key is None:
        return None
    return task.row.customer_id, task.row.kind, task.unique_key
