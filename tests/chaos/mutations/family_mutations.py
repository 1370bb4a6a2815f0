"""Breaks one promise about children, events, batches or bulk actions; see sitecustomize.py."""

from collections.abc import Callable, Sequence
from importlib import import_module
from itertools import count
from typing import Any


def count_without_a_lock() -> None:
    """The recorder counts the ends of members without having locked their batch."""
    query = _found("gateway.recording.loading", "_LOCK_TASKS")
    before, _, rest = query.partition("\n    UNION ")
    without = before + "\n" + rest[rest.index(") AS wanted") :]
    _replace("gateway.recording.loading", "_LOCK_TASKS", without)


def call_back_too_early() -> None:
    """The recorder takes members that still live for members that have succeeded."""
    supposed = "coalesce(m.state, 'succeeded')"
    _reword("gateway.batches.counting", "TALLIES", "m.state = 'succ", f"{supposed} = 'succ")
    _reword("gateway.batches.outcome", "_RESULTS", "m.state,", f"{supposed} AS state,")
    members = "state FROM batch_members"
    _reword("gateway.batches.outcome", "_STATES", members, f"{supposed} AS {members} m")


def forget_the_members() -> None:
    """The recorder ends a batch and issues no callback."""
    _replace("gateway.batches.finishing", "_issue_callback", lambda *arguments: None)


def cancel_no_members() -> None:
    """The gateway cancels a batch and leaves its members alone."""
    _reword("gateway.batches.cancelling", "_CONCERNED", "m.state IS NULL", "false")


def name_children_anew() -> None:
    """The recorder gives a child an id of its own each time it is asked for."""
    from warren.contracts.ids import new_id

    _replace("gateway.intake.judging", "child_id", lambda parent, key: new_id())


def spawn_for_the_cancelled() -> None:
    """The recorder takes children of tasks that were cancelled."""
    from gateway.intake.store import IntakeStore

    IntakeStore._is_dropped = lambda self, item, parent: False  # type: ignore[method-assign]


def lose_some_children() -> None:
    """The worker says that a child will come, and asks for it only two times in three."""
    from uuid import UUID

    from warren.contracts.intake import child_id
    from warren.worker.spawning import Spawner

    enqueue, numbers = Spawner.enqueue, count(1)

    def forgetful(self: Spawner, tasks: Sequence[Any]) -> list[UUID]:
        if next(numbers) % 3:
            return enqueue(self, tasks)
        return [child_id(self._run.task_id, f"key:{task.key}") for task in tasks]

    Spawner.enqueue = forgetful  # type: ignore[method-assign]


def tell_nobody() -> None:
    """The recorder forgets every third subscriber."""
    _subscribers(lambda some, number: some if number % 3 else some[1:])


def tell_twice() -> None:
    """The recorder makes two tasks of an event for one subscriber."""
    from warren.contracts.ids import new_id

    task_id, numbers = _found("gateway.events.subscribers", "subscriber_task_id"), count(1)

    def sometimes_new(event: Any, kind: str) -> Any:
        return task_id(event, kind) if next(numbers) % 2 else new_id()

    _replace("gateway.events.subscribers", "subscriber_task_id", sometimes_new)
    _subscribers(lambda some, number: [*some, *some])


def _subscribers(change: Callable[[list[Any], int], list[Any]]) -> None:
    read, numbers = _found("gateway.events.issuing", "read_subscribers"), count(1)

    def changed(connection: Any, types: Any) -> dict[str, list[Any]]:
        found = read(connection, types)
        return {name: change(some, next(numbers)) for name, some in found.items()}

    _replace("gateway.events.issuing", "read_subscribers", changed)


def ignore_filters() -> None:
    """The housekeeper acts on every task that was there before, whatever the filter says."""
    from gateway.tasks.selection import TaskFilter

    TaskFilter.conditions = (  # type: ignore[method-assign]
        lambda self, *, spare_ours=False: ["t.kind NOT LIKE 'api.%%'"]
    )


def act_on_a_few() -> None:
    """The housekeeper cancels the first task of those that a filter means."""
    from gateway.housekeeping.bulk_tasks import BulkAction

    locked = BulkAction._locked
    BulkAction._locked = (  # type: ignore[method-assign]
        lambda self, connection, ids: dict(list(locked(self, connection, ids).items())[:1])
    )


def answer_all_letters() -> None:
    """The housekeeper discards every letter, whatever the filter says."""
    resolving: Any = import_module("gateway.dead_letters.resolving")
    resolving.LetterFilter.conditions = lambda self: ([], {})


def _found(module: str, name: str) -> Any:
    return getattr(import_module(module), name)


def _replace(module: str, name: str, new: Any) -> None:
    """Raises AttributeError where there is nothing of that name any more."""
    _found(module, name)
    setattr(import_module(module), name, new)


def _reword(module: str, name: str, old: str, new: str) -> None:
    """In a text; raises AttributeError or ValueError where it is not as it was."""
    text: str = _found(module, name)
    text.index(old)
    _replace(module, name, text.replace(old, new))


MUTATIONS: dict[str, tuple[str, Callable[[], None]]] = {
    "no-lock-in-a-join": ("recorder", count_without_a_lock),
    "call-back-too-early": ("recorder", call_back_too_early),
    "no-callback": ("recorder", forget_the_members),
    "cancel-no-members": ("gateway", cancel_no_members),
    "name-children-anew": ("recorder", name_children_anew),
    "spawn-for-the-cancelled": ("recorder", spawn_for_the_cancelled),
    "lose-children": ("chaos-worker", lose_some_children),
    "tell-no-subscriber": ("recorder", tell_nobody),
    "tell-subscribers-twice": ("recorder", tell_twice),
    "ignore-filters": ("housekeeper", ignore_filters),
    "act-on-a-few": ("housekeeper", act_on_a_few),
    "answer-all-letters": ("housekeeper", answer_all_letters),
}
