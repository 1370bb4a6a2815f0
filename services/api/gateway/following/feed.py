"""The one feed of a process, from which all streams are told what is new about their tasks."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

import structlog
from psycopg import AsyncConnection
from psycopg.rows import DictRow

from gateway.artifacts.links import ArtifactLinks
from gateway.awaiting.looking import SharedLook
from gateway.database import Pool
from gateway.following import messages
from gateway.following.listener import Listener
from gateway.following.reading import Change, Entry, Seen, TaskNow, changed_tasks

#: A progress is to be told within a tenth of a second, also if a thousand tasks are followed.
_REST_PER_LOOK = 4.0
_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Followed:
    """A task, and who follows it; `count` entries of its history have been seen."""

    listeners: set[Listener] = field(default_factory=set)
    seen: Seen = field(default_factory=Seen)
    count: int = 0
    progress: bytes = b""

    @property
    def is_new(self) -> bool:
        return any(listener.is_new for listener in self.listeners)


class EventFeed:
    """Looks at all tasks that are followed together (decision 0033).

    What is new about a task is put into words once, however many streams follow it. Somebody new
    is told from the beginning, by the same look that tells the others what is new. Its owner calls
    `release` to end all streams.
    """

    def __init__(self, pool: Pool, links: ArtifactLinks) -> None:
        self._links = links
        self._followed: dict[UUID, _Followed] = {}
        self._look = SharedLook(
            pool,
            self._tell_changes,
            lambda: bool(self._followed),
            look_at_new=self._tell_new,
            rest_per_look=_REST_PER_LOOK,
        )

    @property
    def count(self) -> int:
        """How many streams are fed now."""
        return sum(len(followed.listeners) for followed in self._followed.values())

    @contextmanager
    def listening(self, task_id: UUID, told: int | None) -> Iterator[Listener]:
        """A listener to what comes after the event `told`, or to the last generation for None."""
        listener = Listener(told)
        self._followed.setdefault(task_id, _Followed()).listeners.add(listener)
        if self._look.is_released:
            listener.end()
        self._look.begin()
        try:
            yield listener
        finally:
            self._leave(task_id, listener)

    def release(self) -> None:
        """End all streams: their clients go on at another gateway."""
        self._look.release()
        for followed in self._followed.values():
            for listener in followed.listeners:
                listener.end()

    def _leave(self, task_id: UUID, listener: Listener) -> None:
        followed = self._followed.get(task_id)
        if followed is not None:
            followed.listeners.discard(listener)
            if not followed.listeners:
                del self._followed[task_id]

    async def _tell_changes(self, connection: AsyncConnection[DictRow]) -> None:
        await self._tell_of(connection, list(self._followed))

    async def _tell_new(self, connection: AsyncConnection[DictRow]) -> None:
        new = [task_id for task_id, followed in self._followed.items() if followed.is_new]
        if new:
            await self._tell_of(connection, new)

    async def _tell_of(self, connection: AsyncConnection[DictRow], ids: Iterable[UUID]) -> None:
        asked = [
            (task_id, Seen() if self._followed[task_id].is_new else self._followed[task_id].seen)
            for task_id in ids
        ]
        # Whoever comes while the answer is on its way is told by the next look.
        listeners = {task_id: set(self._followed[task_id].listeners) for task_id, _ in asked}
        known = dict(asked)
        for change in await changed_tasks(connection, asked):
            followed = self._followed.get(change.task_id)
            if followed is None:
                continue
            present = followed.listeners & listeners[change.task_id]
            try:
                self._tell(followed, known[change.task_id], change, present)
            except Exception:  # noqa: BLE001 - see below
                # One task that cannot be told of must not end the streams of all others.
                _log.error("task_not_told", task_id=str(change.task_id), exc_info=True)
                for listener in present:
                    listener.end()

    def _tell(
        self, followed: _Followed, seen: Seen, change: Change, present: set[Listener]
    ) -> None:
        task = change.task
        if task is None:
            for listener in present:
                listener.end(finished=True)
            return
        before = followed.count if seen.number else 0
        news = _News(task, change.entries, before, self._links)
        progress = messages.progress(task)
        is_news = progress != followed.progress
        for listener in present:
            said = news.for_listener(listener)
            wanted = not task.state.is_terminal and (is_news or listener.is_new)
            listener.tell(said, progress if wanted else None)
            if task.state.is_terminal:
                listener.end(finished=True)
        number = change.entries[-1].number if change.entries else seen.number
        followed.seen = Seen(task.version, number)
        followed.count = before + len(change.entries)
        followed.progress = progress


class _News:
    """Entries from the one with the id `before` + 1 on, each put into words once."""

    def __init__(
        self, task: TaskNow, entries: list[Entry], before: int, links: ArtifactLinks
    ) -> None:
        self._task = task
        self._links = links
        self._entries = list(enumerate(entries, before + 1))
        self._count = before + len(entries)
        self._encoded: dict[int, bytes] = {}

    def for_listener(self, listener: Listener) -> list[bytes]:
        """The events that the listener has not been told; notes that it is told them."""
        told = self._start(listener)
        said = [
            self._words(number, entry)
            for number, entry in self._entries
            if number > told and entry.generation >= listener.generation
        ]
        listener.told = max(told, self._count)
        if self._lacks_end and told <= self._count:
            listener.told = self._count + 1
            said.append(messages.unrecorded_end(self._count + 1, self._task, self._links))
        return said

    def _start(self, listener: Listener) -> int:
        if listener.told is not None:
            # An id that is not there yet must not hide what will get it.
            return min(listener.told, self._count + self._lacks_end)
        # Starts and parts of an earlier generation may be recorded after the beginning of this one.
        listener.generation = self._task.generation
        own = [n for n, entry in self._entries if entry.generation >= listener.generation]
        return min(own, default=self._count + 1) - 1

    @property
    def _lacks_end(self) -> bool:
        """Whether the task has ended, and what is known of its history does not say so."""
        if not self._task.state.is_terminal:
            return False
        generation = self._task.generation
        return not any(
            messages.is_end(entry) and entry.generation == generation for _, entry in self._entries
        )

    def _words(self, number: int, entry: Entry) -> bytes:
        if number not in self._encoded:
            self._encoded[number] = messages.recorded(number, entry, self._task, self._links)
        return self._encoded[number]
