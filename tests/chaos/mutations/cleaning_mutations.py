"""Breaks one promise about clean-ups; see sitecustomize.py."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

# Python finds it beside this module.
_reword: Any = import_module("family_mutations")._reword


def leave_orphans() -> None:
    """The clean-up notes what nobody owns, and leaves it where it is."""
    clean_up: Any = import_module("gateway.housekeeping.cleaning.clean_up")
    clean_up.trash_noted = lambda *arguments: None


def take_what_is_owned() -> None:
    """The clean-up looks neither for rows nor for tasks that name what it takes."""
    without_row = "gateway.housekeeping.cleaning.unknown_contents"
    _reword(without_row, "_WITHOUT_ROW", "WHERE NOT EXISTS", "WHERE true OR NOT EXISTS")
    trashing: Any = import_module("gateway.housekeeping.cleaning.trashing")
    row = "EXISTS (SELECT FROM artifacts a WHERE a.sha256 = n.sha256)"
    _reword(trashing.__name__, "_LOCK", row, "false")
    trashing.referenced = lambda connection, candidates: set()


def take_what_is_named() -> None:
    """The clean-up takes old uploads, whatever tasks wait to read them."""
    orphans: Any = import_module("gateway.housekeeping.cleaning.orphans")
    trashing: Any = import_module("gateway.housekeeping.cleaning.trashing")
    orphans.in_messages = orphans.in_new_tasks = lambda *arguments: set()
    trashing.referenced = trashing.in_messages = lambda *arguments: set()


def keep_results() -> None:
    """The clean-up of tasks finds none that is old enough."""
    workers: Any = import_module("gateway.housekeeping.cleaning.workers")
    workers.clean_ended_tasks = lambda *arguments: 0


def clean_the_living() -> None:
    """The clean-up of tasks takes those of a kind that have not ended as if they had."""
    ended = "WHEN state IN ('succeeded', 'cancelled', 'expired')"
    _reword("gateway.housekeeping.cleaning.ended_tasks", "_LOCK", ended, "WHEN true")


def leave_history() -> None:
    """The erasure of a customer deletes tasks, and leaves what is told of them."""
    rows: Any = import_module("gateway.housekeeping.erasing.rows")
    rows._OF_TASKS = rows._OF_TASKS[1:]


def erase_others() -> None:
    """The erasure of a customer takes everybody's tasks that have ended."""
    of_her = "customer_id = %s\n"
    _reword("gateway.housekeeping.erasing.rows", "_ENDED", of_her, "%s::uuid IS NOT NULL\n")


def leave_what_is_elsewhere() -> None:
    """The erasure of a customer deletes nothing in the index and at the chatbot."""
    from gateway.housekeeping.erasing.worker import Erasing

    Erasing.begin_emptying = lambda self: None  # type: ignore[method-assign]


MUTATIONS: dict[str, tuple[str, Callable[[], None]]] = {
    "leave-orphans": ("housekeeper", leave_orphans),
    "leave-history": ("housekeeper", leave_history),
    "erase-others": ("housekeeper", erase_others),
    "leave-elsewhere": ("housekeeper", leave_what_is_elsewhere),
    "keep-results": ("housekeeper", keep_results),
    "clean-the-living": ("housekeeper", clean_the_living),
    "take-what-is-named": ("housekeeper", take_what_is_named),
    "take-what-is-owned": ("housekeeper", take_what_is_owned),
}
