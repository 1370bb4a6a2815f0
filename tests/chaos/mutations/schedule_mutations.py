"""Breaks one promise about schedules or unique keys; see sitecustomize.py."""

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from typing import Any

# Python finds it beside this module.
_reword: Any = import_module("family_mutations")._reword


def fire_twice() -> None:
    """The scheduler makes two tasks of one due time, as if both were the first of it."""
    from warren.contracts.ids import new_id

    firing: Any = import_module("gateway.scheduling.firing")
    accept = firing.accept_tasks

    async def twice(connection: Any, tasks: Any) -> Any:
        ids = [new_id() for _ in tasks]
        again = [
            replace(task, id=id_, columns={**task.columns, "id": id_})
            for task, id_ in zip(tasks, ids, strict=True)
        ]
        return await accept(connection, [*tasks, *again])

    firing.accept_tasks = twice


def skip_due_times() -> None:
    """The scheduler passes by every due time of one schedule, as if it had been fired before."""
    firing, spared = "gateway.scheduling.firing", "id = %(id)s AND name <> 'schedule-1'"
    _reword(firing, "_FIRE", "VALUES (", "SELECT ")
    _reword(firing, "_FIRE", "%(coalesced)s)", f"%(coalesced)s FROM schedules WHERE {spared}")


def fire_early() -> None:
    """The scheduler takes for due what will be in a while, and its tasks may start at once."""
    from gateway.scheduling.record import StoredSchedule

    looking, early = "gateway.scheduling.looking", "interval '15 seconds'"
    _reword(looking, "_DUE", "fire_at <= now()", f"fire_at <= now() + {early}")
    _reword(looking, "_NEXT", "min(fire_at) - now()", f"min(fire_at) - now() - {early}")
    envelope = StoredSchedule.envelope
    StoredSchedule.envelope = lambda self, due=None: envelope(self)  # type: ignore[method-assign]


def mix_up_unique_keys() -> None:
    """The gateway answers with whatever live task of the kind has a unique key, be it another."""
    # Who accepts has bound the name already.
    _reword("gateway.tasks.acceptance", "KEY_HOLDERS", " AND u.key = n.unique_key", "")


def forget_unique_keys() -> None:
    """The gateway accepts a task whatever lives with its unique key."""
    keyed = " OR id IN (SELECT task_id FROM keyed)"
    _reword("gateway.tasks.acceptance", "ACCEPT", keyed, " OR true")


MUTATIONS: dict[str, tuple[str, Callable[[], None]]] = {
    "fire-twice": ("scheduler", fire_twice),
    "skip-due-times": ("scheduler", skip_due_times),
    "fire-early": ("scheduler", fire_early),
    "mix-up-unique-keys": ("gateway", mix_up_unique_keys),
    "forget-unique-keys": ("gateway", forget_unique_keys),
}
