"""The one feed of a process, from which all streams are told what is new about their tasks."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from uuid import UUID

import structlog
from psycopg import AsyncConnection
from psycopg.rows import DictRow

from gateway.artifacts.links import ArtifactLinks
from gateway.awaiting.looking import SharedLook
from gateway.database import Pool
from gateway.following import messages
from gateway.following.group import Group
from gateway.following.listener import Listener
from gateway.following.news import News
from gateway.following.reading import PAGE, Change, Seen, Start, changed_tasks, starts_of

#: A progress is to be told within a tenth of a second, also if a thousand tasks are followed.
_REST_PER_LOOK = 4.0
#: Groups of which one look reads a whole page: what these hold together is in memory at once.
_PAGES_PER_LOOK = 20
_log = structlog.get_logger(__name__)


class EventFeed:
    """Looks at all tasks that are followed together (decision 0033).

    What is new about a task is put into words once, however many streams follow it. Somebody new
    begins where they left off, and is told the history page by page, as fast as it is taken: the
    same looks that tell the others what is new read the next pages. Its owner calls `release` to
    end all streams.
    """

    def __init__(self, pool: Pool, links: ArtifactLinks) -> None:
        self._links = links
        self._coming: dict[Listener, UUID] = {}
        self._groups: dict[UUID, list[Group]] = {}
        self._look = SharedLook(
            pool,
            self._tell_changes,
            lambda: bool(self._coming or self._groups),
            look_at_new=self._tell_new,
            rest_per_look=_REST_PER_LOOK,
        )

    @property
    def count(self) -> int:
        """How many streams are fed now."""
        return len(self._coming) + sum(len(group.listeners) for group in self._all_groups())

    @contextmanager
    def listening(self, task_id: UUID, told: int | None) -> Iterator[Listener]:
        """A listener to what comes after the event `told`, or to the last generation for None."""
        listener = Listener(told, self._look.begin)
        self._coming[listener] = task_id
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
        followed = [item for group in self._all_groups() for item in group.listeners]
        for listener in [*self._coming, *followed]:
            listener.end()

    def _all_groups(self) -> Iterator[Group]:
        for groups in self._groups.values():
            yield from groups

    def _leave(self, task_id: UUID, listener: Listener) -> None:
        self._coming.pop(listener, None)
        for group in self._groups.get(task_id, []):
            group.listeners.discard(listener)
        self._tidy(task_id)

    async def _tell_changes(self, connection: AsyncConnection[DictRow]) -> None:
        await self._receive(connection)
        await self._tell_all(connection, self._all_groups())

    async def _tell_new(self, connection: AsyncConnection[DictRow]) -> None:
        await self._receive(connection)
        await self._tell_all(connection, (group for group in self._all_groups() if group.is_behind))

    async def _receive(self, connection: AsyncConnection[DictRow]) -> None:
        """Find out where those begin who have come."""
        coming = list(self._coming.items())
        if not coming:
            return
        wanted = [(task_id, listener.told) for listener, task_id in coming]
        starts = await starts_of(connection, wanted)
        for (listener, task_id), start in zip(coming, starts, strict=True):
            if self._coming.pop(listener, None) is not None:
                self._group_at(task_id, start).listeners.add(listener)

    def _group_at(self, task_id: UUID, start: Start) -> Group:
        """Those who begin there, too."""
        groups, seen = self._groups.setdefault(task_id, []), Seen("", start.number)
        for group in groups:
            if group.is_behind and group.seen == seen:
                return group
        groups.append(Group(task_id, seen, start.count))
        return groups[-1]

    async def _tell_all(
        self, connection: AsyncConnection[DictRow], groups: Iterable[Group]
    ) -> None:
        # Whoever comes while the answer is on its way is told by the next look.
        asked = _bounded([(group, ready) for group in groups if (ready := group.ready)])
        if not asked:
            return
        changes = await changed_tasks(connection, [(g.task_id, g.seen) for g, _ in asked])
        for place, change in changes.items():
            group, ready = asked[place]
            present = ready & group.listeners
            if not present:
                continue
            try:
                self._tell(group, change, present)
            except Exception:  # noqa: BLE001 - see below
                # One task that cannot be told of must not end the streams of all others.
                _log.error("task_not_told", task_id=str(group.task_id), exc_info=True)
                for listener in present:
                    listener.end()
            self._tidy(group.task_id)
        if any(group.is_behind and group.ready for group in self._all_groups()):
            self._look.begin()

    def _tell(self, group: Group, change: Change, present: set[Listener]) -> None:
        task = change.task
        if task is None:
            _end(present)
            return
        if present != group.listeners:
            group = group.split(present)
            self._groups[group.task_id].append(group)
        news = News(task, change, group.count, self._links)
        is_whole = change.is_whole
        progress = messages.progress(task) if is_whole else group.progress
        is_news = progress != group.progress
        for listener in present:
            if listener.is_new and listener.told is None:
                listener.generation = task.generation
            wanted = is_whole and not task.state.is_terminal and (is_news or listener.is_new)
            listener.tell(news.for_listener(listener), progress if wanted else None)
            listener.is_new = listener.is_new and not is_whole
        number = change.entries[-1].number if change.entries else group.seen.number
        # A page tells nothing of the row: whatever has come meanwhile is looked at again.
        group.seen = Seen(task.version, number) if is_whole else Seen("", number, PAGE)
        group.count += len(change.entries)
        group.progress, group.is_behind = progress, not is_whole
        if is_whole and task.state.is_terminal:
            _end(present)
        self._meet(group)

    def _meet(self, group: Group) -> None:
        """Make one group of those who have come equally far."""
        for other in self._groups[group.task_id]:
            if (
                other is not group
                and other.seen == group.seen
                and other.is_behind == group.is_behind
            ):
                group.listeners |= other.listeners
                other.listeners = set()

    def _tidy(self, task_id: UUID) -> None:
        left = [group for group in self._groups.get(task_id, []) if group.listeners]
        if left:
            self._groups[task_id] = left
        else:
            self._groups.pop(task_id, None)


def _bounded(asked: list[tuple[Group, set[Listener]]]) -> list[tuple[Group, set[Listener]]]:
    """Without those beyond the first few that want a whole page, who were read longest ago."""
    short = [item for item in asked if item[0].seen.most < PAGE]
    long = [item for item in asked if item[0].seen.most == PAGE]
    chosen = sorted(long, key=lambda item: item[0].read_at)[:_PAGES_PER_LOOK]
    for group, _ in chosen:
        group.read_at = time.monotonic()
    return short + chosen


def _end(listeners: Iterable[Listener]) -> None:
    for listener in listeners:
        listener.end(finished=True)
