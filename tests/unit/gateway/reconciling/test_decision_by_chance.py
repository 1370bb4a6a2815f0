"""The reconciler against a small model of the world: whatever happens, both sides end alike."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.reconciling.decision import (
    IssuedSync,
    Placement,
    SyncRow,
    decide_change,
    decide_cover,
    decide_end,
    decide_return,
)
from gateway.reconciling.entities import Entity, SyncState

ENTITY, CUSTOMER, SCOPE = UUID(int=1), UUID(int=2), UUID(int=3)
FAILED = {"type": "Refused", "message": "no"}


@dataclass
class Task:
    version: int
    deletes: bool
    is_parked: bool
    is_live: bool = True
    is_held: bool = False
    was_published: bool = False
    was_retried: bool = False
    has_failed: bool = False

    @property
    def is_due(self) -> bool:
        return self.is_live and not self.is_parked and not self.is_held


@dataclass
class World:
    """An entity, its tasks, and a chatbot that refuses what is older than what it has seen."""

    row: SyncRow = field(default_factory=lambda: SyncRow(ENTITY, CUSTOMER, Entity.FAQ, 0))
    tasks: dict[UUID, Task] = field(default_factory=dict)
    last_version: int = 0
    wanted: int | None = None
    has: int | None = None
    seen: int = 0
    calls: int = 0

    # What happens here.

    def edit(self) -> None:
        if not self.row.deleted:
            self._change(deletes=False)
            self.wanted = self.last_version

    def delete(self) -> None:
        if not self.row.deleted and self.last_version:
            self._change(deletes=True)
            self.wanted = None

    def _change(self, *, deletes: bool) -> None:
        self.last_version += 1
        task_id = UUID(int=1000 + self.last_version)
        issued = self.issued()
        decision = decide_change(self.row, self.last_version, task_id, issued, deletes=deletes)
        self.row = decision.after
        for superseded in decision.superseded:
            task = self.tasks[superseded]
            assert not task.is_held or task.was_retried, "a call that may be made was superseded"
            task.is_live = task.is_held
        parked = decision.placement is Placement.PARKED
        needless = decision.placement is Placement.NEEDLESS
        self.tasks[task_id] = Task(self.last_version, deletes, parked, is_live=not needless)

    def issued(self) -> IssuedSync | None:
        task = self.tasks.get(self.row.task_id) if self.row.task_id else None
        if task is None:
            return None
        return IssuedSync(task.is_live, task.is_held, task.was_published)

    # What happens to tasks.

    def publish(self) -> None:
        for task in self._pick(lambda task: task.is_due):
            task.is_held = task.was_published = True

    def apply(self) -> None:
        """The chatbot is called; whether anybody hears of it is another matter."""
        for task in self._pick(lambda task: task.is_held):
            self._call(task)

    def succeed(self) -> None:
        for task in self._pick(lambda task: task.is_held):
            self._call(task)
            self._end(task, None)

    def fail(self) -> None:
        for task in self._pick(lambda task: task.is_held):
            self._end(task, FAILED)

    def cancel(self) -> None:
        for task in self._pick(lambda task: task.is_live and not task.is_held):
            self._end(task, FAILED)

    def retry(self) -> None:
        """Somebody starts a sync again that has failed, or was cancelled."""
        for task in self._pick(lambda task: task.has_failed):
            task.is_live = task.was_retried = True
            task.is_parked = task.has_failed = False

    def come_back(self) -> None:
        """The chatbot is down: the task waits to be published once more."""
        for task in self._pick(lambda task: task.is_held):
            task.is_held = False
            task_id = self._id(task)
            if decide_return(self.row, task_id, is_shared=False):
                task.is_live = False
                ended = decide_end(self.row, task_id, None, was_published=True)
                self.row = replace(ended, synced_version=self.row.synced_version)
                self._release()

    def _call(self, task: Task) -> None:
        self.calls += 1
        if task.version > self.seen:
            self.seen = task.version
            self.has = None if task.deletes else task.version

    def _end(self, task: Task, error: dict[str, str] | None) -> None:
        published = task.was_published
        task.is_live = task.is_held = False
        task.has_failed = error is not None
        self.row = decide_end(self.row, self._id(task), error, was_published=published)
        self._release()

    def _release(self) -> None:
        current = self.tasks.get(self.row.task_id) if self.row.task_id else None
        if current is not None:
            current.is_parked = False

    def _pick(self, which: Callable[[Task], bool]) -> list[Task]:
        return [task for task in self.tasks.values() if which(task)][:1]

    def _id(self, task: Task) -> UUID:
        return next(task_id for task_id, other in self.tasks.items() if other is task)

    def settle(self) -> None:
        while any(task.is_live for task in self.tasks.values()):
            before = sum(task.is_live for task in self.tasks.values())
            self.publish()
            self.succeed()
            assert sum(task.is_live for task in self.tasks.values()) < before, "something is stuck"


EVENTS = ("edit", "delete", "publish", "apply", "succeed", "fail", "cancel", "come_back")


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from(EVENTS), max_size=30))
def test_at_most_one_sync_is_in_anybodys_hands_and_none_is_stuck(events: list[str]) -> None:
    world = World()
    for event in events:
        getattr(world, event)()
        assert sum(task.is_held for task in world.tasks.values()) <= 1
        live = [task for task in world.tasks.values() if task.is_live]
        assert len(live) <= 2
        assert len([task for task in live if not task.is_parked]) <= 1
    world.settle()


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from(("edit", "delete", "publish", "apply", "come_back")), max_size=30))
def test_both_sides_are_equal_when_all_is_quiet(events: list[str]) -> None:
    world = World()
    for event in events:
        getattr(world, event)()
    world.settle()

    assert world.has == world.wanted
    if world.last_version:
        assert world.row.state is SyncState.SYNCED
        assert world.row.synced_version == world.last_version


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(EVENTS), max_size=30))
def test_it_says_synced_only_if_the_chatbot_has_what_is_wanted(events: list[str]) -> None:
    world = World()
    for event in events:
        getattr(world, event)()
        if world.row.state is SyncState.SYNCED and world.last_version:
            assert world.has == world.wanted


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from((*EVENTS, "retry")), max_size=30))
def test_what_has_failed_or_was_cancelled_is_made_good_by_starting_it_again(
    events: list[str],
) -> None:
    world = World()
    for event in events:
        getattr(world, event)()
        if world.row.state is SyncState.SYNCED and world.last_version:
            assert world.has == world.wanted
    world.settle()
    for _ in world.tasks:
        world.retry()
        world.settle()

    assert world.has == world.wanted
    if world.last_version:
        assert world.row.state is SyncState.SYNCED


@settings(max_examples=200, deadline=None)
@given(st.integers(min_value=1, max_value=10))
def test_what_is_deleted_before_any_sync_makes_no_call(edits: int) -> None:
    world = World()
    for _ in range(edits):
        world.edit()
    world.delete()
    world.settle()

    assert world.calls == 0
    assert world.row.is_gone


@settings(max_examples=200, deadline=None)
@given(st.integers(min_value=1, max_value=20), st.booleans())
def test_quick_edits_become_one_or_two_calls(edits: int, is_running: bool) -> None:
    world = World()
    world.edit()
    if is_running:
        world.publish()
    for _ in range(edits):
        world.edit()
    world.settle()

    assert world.calls == (2 if is_running else 1)


@given(st.booleans(), st.booleans())
def test_what_a_deletion_covers_waits_for_nothing_of_its_own(held: bool, busy: bool) -> None:
    # Given an entity with a sync in flight, or one that waits, and perhaps a later one
    issued = IssuedSync(is_live=True, is_held=held, was_published=held)
    later = UUID(int=7) if busy else None
    row = SyncRow(ENTITY, CUSTOMER, Entity.FAQ, 4, task_id=UUID(int=6), next_task_id=later)

    after, superseded = decide_cover(row, 9, SCOPE, issued)

    assert (after.deleted, after.covered_by, after.next_task_id) == (True, SCOPE, None)
    expected = {task for task in (None if held else UUID(int=6), later) if task is not None}
    assert set(superseded) == expected
    # And the end of what is in flight changes nothing of that
    ended = decide_end(after, UUID(int=6), None, was_published=True)
    assert ended.state is SyncState.PENDING
