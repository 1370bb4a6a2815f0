"""Which dispatches are lost: a pure function of what was seen, now and before."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gateway.sweeping.facts import Custody, Facts, QueueFacts, Start
from warren.contracts.message import Dispatch

#: Starts remembered of each queue; one look adds at most one.
_REMEMBERED = 100


@dataclass(slots=True)
class _Queue:
    #: Whether this look found it empty, and since which one no look has found a message in it.
    empty: bool = False
    empty_since: datetime | None = None
    starts: deque[Start] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))


class SweepMemory:
    """Remembers what earlier looks saw; a dispatch is lost only if all of it says so for `age`.

    In each look for that long no live process held it. And it does not wait in its queue: that is
    empty, and each look for that long that could tell found it so, or one published later (by more
    than `margin`) was started after the dispatch was last held, and long ago.
    """

    def __init__(self, age: timedelta, margin: timedelta) -> None:
        self._age = age
        self._margin = margin
        self._unheld_since: dict[Dispatch, datetime] = {}
        self._queues: dict[str, _Queue] = {}

    def lost(self, facts: Facts) -> list[Custody]:
        """What is lost as of this look, which becomes part of the memory."""
        if facts.blind is not None:
            self._unheld_since.clear()
            self._queues.clear()
            return []
        self._note_queues(facts.now, facts.queues)
        self._note_custody(facts.now, facts.custody)
        if facts.hold is not None:
            return []
        return [item for item in facts.custody if self._is_lost(item, facts.now)]

    def is_unheld(self, item: Custody, now: datetime) -> bool:
        """Whether nobody has held it for `age`."""
        since = self._unheld_since.get(item.dispatch)
        return since is not None and now - since >= self._age

    def _note_custody(self, now: datetime, custody: Sequence[Custody]) -> None:
        before = self._unheld_since
        self._unheld_since = {
            item.dispatch: before.get(item.dispatch, now)
            for item in custody
            if not item.held and item.queue in self._queues
        }

    def _note_queues(self, now: datetime, queues: Mapping[str, QueueFacts]) -> None:
        """A paused queue is not known; a look that could not tell changes nothing."""
        before, self._queues = self._queues, {}
        for name, facts in queues.items():
            if facts.paused:
                continue
            queue = self._queues[name] = before.get(name) or _Queue()
            queue.empty = facts.ready == 0
            if facts.ready is not None:
                queue.empty_since = (queue.empty_since or now) if queue.empty else None
            if facts.newest and facts.newest not in queue.starts:
                queue.starts.append(facts.newest)

    def _is_lost(self, item: Custody, now: datetime) -> bool:
        since = self._unheld_since.get(item.dispatch)
        queue = self._queues.get(item.queue)
        if since is None or queue is None or now - since < self._age:
            return False
        if now - item.queued_at < self._age:
            return False
        if queue.empty and queue.empty_since and now - queue.empty_since >= self._age:
            return True
        return any(self._proves(start, item, since, now) for start in queue.starts)

    def _proves(self, start: Start, item: Custody, since: datetime, now: datetime) -> bool:
        """Whether the queue would have handed over `item` before what was started then."""
        stood_behind = start.published_at - item.queued_at > self._margin
        return stood_behind and since < start.started_at <= now - self._age
