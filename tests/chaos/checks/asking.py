"""Who asked for what became of a task: a client by its id, or an action on many by a filter."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from tests.chaos.checks.courses import STOPS
from tests.chaos.evidence.model import Entry, Evidence, Letter, Task

#: What a client calls a bulk action, and the kind of task that it is.
BULK = {
    "bulk-cancel": "api.bulk_cancel",
    "bulk-retry": "api.bulk_retry",
    "bulk-replay": "api.replay",
    "bulk-discard": "api.discard",
}
_BY_BULK = "task:"


def is_asked_to_stop(evidence: Evidence, task: Task, generation: int) -> bool:
    """Whether somebody cancelled the task, or its batch, or an action meant it."""
    demands = evidence.demands_about(task.id)
    if any(d.action == "cancel" and d.may_have_worked for d in demands):
        return True
    return any(stopped_by_bulk(evidence, task.id, generation))


def stopped_by_bulk(evidence: Evidence, task: str, generation: int) -> Iterator[str]:
    """The bulk actions that have cancelled this generation of a task, or say so."""
    for entry in evidence.history_of.get(task, []):
        action = bulk_action(entry)
        if entry.type in STOPS and entry.generation == generation and action:
            yield action


def bulk_action(entry: Entry) -> str | None:
    """The task in whose name somebody cancelled or started again."""
    by = str(entry.data.get("by") or "")
    return by.removeprefix(_BY_BULK) if by.startswith(_BY_BULK) else None


def means_task(chosen: Mapping[str, Any], task: Task) -> bool:
    """Whether the filter of a bulk action means the task, whatever its state."""
    columns = {"kind": task.kind, "queue": task.queue, "user_id": task.user}
    columns |= {"lane": task.queue.rpartition(".")[2], "parent_id": task.parent}
    accepted = (UUID(task.id).int >> 80) / 1000
    return _agree(chosen, columns) and _lies_within(chosen, accepted)


def means_letter(chosen: Mapping[str, Any], letter: Letter) -> bool:
    """Whether the filter of a bulk action means the letter."""
    columns = {"kind": letter.kind, "queue": letter.queue, "source": letter.source}
    return _agree(chosen, columns) and _lies_within(chosen, letter.recorded_at)


def is_same_filter(asked: Mapping[str, Any], taken: Mapping[str, Any]) -> bool:
    """Whether an action has the filter that a client named; whose tasks it means may be added."""
    return all(_plain(name, asked[name]) == _plain(name, taken.get(name)) for name in asked)


def _plain(name: str, value: Any) -> Any:
    return round(_moment(value), 3) if value and name in {"since", "until"} else value


def _agree(chosen: Mapping[str, Any], columns: Mapping[str, Any]) -> bool:
    return all(chosen[name] == columns[name] for name in columns.keys() & chosen.keys())


def _lies_within(chosen: Mapping[str, Any], moment: float) -> bool:
    # Ids have milliseconds.
    after = "since" not in chosen or moment >= _moment(chosen["since"]) - 0.001
    return after and ("until" not in chosen or moment < _moment(chosen["until"]) + 0.001)


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
