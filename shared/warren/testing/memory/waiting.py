"""Which task is next: of those that are due by lane, then by age."""

import heapq
from datetime import datetime
from itertools import count

from warren.contracts.lanes import Lane
from warren.testing.memory.stored_task import StoredTask

_RANK = {lane: rank for rank, lane in enumerate(Lane)}
#: A dispatch that waits: what decides its turn, a number that no other has, and whose it is.
_Entry = tuple[datetime | int, int, tuple[int, int], StoredTask]


class Waiting:
    """Dispatches that wait to be published; those that were withdrawn are passed over."""

    def __init__(self) -> None:
        self._numbers = count()
        self._later: list[_Entry] = []
        self._due: list[_Entry] = []

    def push(self, task: StoredTask) -> None:
        """It has a dispatch, for its `available_at`."""
        (row,) = task.row.outbox
        dispatch = (row.generation, row.dispatch)
        heapq.heappush(self._later, (task.available_at, next(self._numbers), dispatch, task))

    def pop(self, now: datetime) -> StoredTask | None:
        """The next that is due."""
        while (moment := self.next_moment()) is not None and moment <= now:
            _, number, dispatch, task = heapq.heappop(self._later)
            heapq.heappush(self._due, (_RANK[task.lane], number, dispatch, task))
        _forget_withdrawn(self._due)
        return heapq.heappop(self._due)[3] if self._due else None

    def next_moment(self) -> datetime | None:
        """When the first of those is due that `pop` has not found due so far."""
        _forget_withdrawn(self._later)
        moment = self._later[0][0] if self._later else None
        return moment if isinstance(moment, datetime) else None


def _forget_withdrawn(entries: list[_Entry]) -> None:
    while entries and not _still_waits(entries[0]):
        heapq.heappop(entries)


def _still_waits(entry: _Entry) -> bool:
    _, _, dispatch, task = entry
    return any((row.generation, row.dispatch) == dispatch for row in task.row.outbox)
