"""Breaks one promise about children, events, batches or bulk actions; see sitecustomize.py."""

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any


def count_without_a_lock() -> None:
    """The recorder counts the ends of members without having locked their batch."""
    from importlib import import_module

    loading: Any = import_module("gateway.recording.loading")
    before, _, rest = loading._LOCK_TASKS.partition("\n    UNION ")
    loading._LOCK_TASKS = before + "\n" + rest[rest.index(") AS wanted") :]


def call_back_too_early() -> None:
    """The recorder takes members that still live for members that have succeeded."""
    from importlib import import_module

    counting: Any = import_module("gateway.batches.counting")
    outcome: Any = import_module("gateway.batches.outcome")
    supposed = "coalesce(m.state, 'succeeded')"
    counting.TALLIES = counting.TALLIES.replace("m.state = 'succ", f"{supposed} = 'succ")
    outcome._RESULTS = outcome._RESULTS.replace("m.state,", f"{supposed} AS state,")
    outcome._STATES = outcome._STATES.replace(
        "state FROM batch_members", f"{supposed} AS state FROM batch_members m"
    )


def forget_the_members() -> None:
    """The recorder ends a batch and issues no callback."""
    from importlib import import_module

    finishing: Any = import_module("gateway.batches.finishing")
    finishing._issue_callback = lambda *arguments: None


def cancel_no_members() -> None:
    """The gateway cancels a batch and leaves its members alone."""
    from importlib import import_module

    cancelling: Any = import_module("gateway.batches.cancelling")
    cancelling._LIVING += " AND false"


def name_children_anew() -> None:
    """The recorder gives a child an id of its own each time it is asked for."""
    from importlib import import_module

    from warren.contracts.ids import new_id

    judging: Any = import_module("gateway.intake.judging")
    judging.child_id = lambda parent, key: new_id()


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
    from importlib import import_module

    from warren.contracts.ids import new_id

    subscribers: Any = import_module("gateway.events.subscribers")
    task_id, numbers = subscribers.subscriber_task_id, count(1)
    subscribers.subscriber_task_id = lambda event, kind: (
        task_id(event, kind) if next(numbers) % 2 else new_id()
    )
    _subscribers(lambda some, number: [*some, *some])


def _subscribers(change: Callable[[list[Any], int], list[Any]]) -> None:
    from importlib import import_module

    projections: Any = import_module("gateway.events.projections")
    read, numbers = projections.read_subscribers, count(1)

    def changed(connection: Any, types: Any) -> dict[str, list[Any]]:
        found = read(connection, types)
        return {name: change(some, next(numbers)) for name, some in found.items()}

    projections.read_subscribers = changed


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
    from importlib import import_module

    resolving: Any = import_module("gateway.dead_letters.resolving")
    resolving.LetterFilter.conditions = lambda self: ([], {})


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
