"""Schedules: the tasks that Worker classes have come to be by themselves."""

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

from warren.client.clock import Clock
from warren.contracts.cron import Cron
from warren.contracts.due_times import NextTime, Rhythm, plan
from warren.contracts.ids import id_at, new_id
from warren.contracts.kinds import KindSchedule
from warren.contracts.submission import TaskOptions
from warren.testing.memory.acceptance import Acceptance, Asker, Wanted
from warren.testing.memory.kinds import Kinds, KnownKind
from warren.testing.memory.stored_task import StoredTask

#: The owner of tasks that nobody asked for.
SYSTEM = UUID("00000000-0000-7000-8000-000000000000")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Schedule:
    """When tasks of a kind come to be by themselves."""

    def __init__(
        self, kind: KnownKind, announced: KindSchedule, rhythm: Rhythm, clock: Clock
    ) -> None:
        self.kind = kind
        self.announced = announced
        self.rhythm = rhythm
        self.next: NextTime = rhythm.next(clock.now())
        self.last_due_at: datetime | None = None
        self._clock = clock
        self._enabled = True

    @property
    def enabled(self) -> bool:
        """Set it to False and nothing comes to be; with True it goes on at the next due time."""
        return self._enabled

    @enabled.setter
    def enabled(self, enabled: bool) -> None:
        if enabled and not self._enabled:
            self.next = self.rhythm.next(self._clock.now())
        self._enabled = enabled

    @property
    def next_due_at(self) -> datetime:
        """In UTC."""
        return self.next.due_at


class Schedules:
    """Fires each due time once, as tasks that `acceptance` makes."""

    def __init__(self, kinds: Kinds, acceptance: Acceptance, clock: Clock) -> None:
        self._acceptance = acceptance
        self._clock = clock
        self.of_kind = dict(_announced(kinds, clock))

    def fire_due(self) -> int:
        """Make the tasks of all times that have come; returns how many."""
        now, fired = self._clock.now(), 0
        for schedule in self.of_kind.values():
            while schedule.enabled and schedule.next.fire_at <= now:
                chosen = plan(schedule.rhythm, schedule.announced.missed, schedule.next_due_at, now)
                self._fire(schedule, id_at(chosen.due_at, _name(schedule.rhythm)), chosen.due_at)
                schedule.last_due_at, schedule.next = chosen.due_at, chosen.following
                fired += 1
        return fired

    def next_moment(self) -> datetime | None:
        """When the next is fired."""
        times = [item.next.fire_at for item in self.of_kind.values() if item.enabled]
        return min(times, default=None)

    def run_now(self, schedule: Schedule) -> StoredTask:
        """A task, whatever the schedule says."""
        return self._fire(schedule, new_id(), None)

    def _fire(self, schedule: Schedule, task_id: UUID, due: datetime | None) -> StoredTask:
        definition = schedule.kind.definition
        wanted = Wanted(
            id=task_id,
            kind=definition.kind,
            version=definition.version,
            payload=schedule.announced.payload,
            options=TaskOptions(run_at=due),
            asker=Asker(SYSTEM, actor=f"schedule:{definition.kind}"),
            asked_at=self._clock.now(),
        )
        return self._acceptance.accept(wanted, definition)


def _announced(kinds: Kinds, clock: Clock) -> Iterator[tuple[str, Schedule]]:
    for kind in kinds:
        announced = kind.definition.schedule
        if announced is None:
            continue
        name = kind.definition.kind
        rhythm = Rhythm(
            id_at(_EPOCH, f"schedule:{name}"),
            Cron.parse(announced.cron, announced.timezone),
            announced.jitter,
        )
        yield name, Schedule(kind, announced, rhythm, clock)


def _name(rhythm: Rhythm) -> str:
    return f"schedule:{rhythm.schedule_id}"
