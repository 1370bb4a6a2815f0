"""What has become of many tasks since they were last looked at, by one statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from warren.contracts.states import TaskState

#: A history is written under the lock of its task, so that its numbers come in the order of the
#: commits (migration 0017): what is above the last number seen is new, and all that is new is
#: above. One statement sees one moment: a task that has ended comes with the entry of its end.
_CHANGED: LiteralString = """
SELECT w.id AS task_id, t.*, h.entries
FROM unnest(%(ids)s::uuid[], %(versions)s::text[], %(numbers)s::bigint[])
    AS w (id, version, number)
LEFT JOIN LATERAL (
    SELECT xmin::text AS version, kind, state, generation, attempt, progress, message, error,
        cleaned_at, processing_seconds, CASE WHEN state = 'succeeded' THEN result END AS result
    FROM tasks WHERE tasks.id = w.id LIMIT 1) t ON true
LEFT JOIN LATERAL (
    SELECT json_agg(json_build_object('number', number, 'type', type, 'generation', generation,
        'attempt', attempt, 'at', at, 'data', data) ORDER BY number) AS entries
    FROM task_history WHERE task_history.task_id = w.id AND number > w.number) h ON true
WHERE t.version IS DISTINCT FROM w.version OR h.entries IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """How far somebody has looked at a task: version of its row, last entry of its history."""

    version: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a task's history; `number` grows from entry to entry."""

    number: int
    type: str
    generation: int
    attempt: int
    at: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class TaskNow:
    """A task's row, as far as those who follow it are told of it."""

    id: UUID
    version: str
    kind: str
    state: TaskState
    generation: int
    attempt: int
    progress: int
    message: str | None
    result: Any
    error: dict[str, Any] | None
    cleaned_at: datetime | None
    processing_seconds: float


@dataclass(frozen=True, slots=True)
class Change:
    """What is new about a task: entries, and the row; None if there is no such task any more."""

    task_id: UUID
    task: TaskNow | None
    entries: list[Entry]


async def changed_tasks(
    connection: AsyncConnection[DictRow], seen: Sequence[tuple[UUID, Seen]]
) -> list[Change]:
    """Those of these tasks of which anything is new. Raises psycopg.Error."""
    values = {
        "ids": [task_id for task_id, _ in seen],
        "versions": [known.version for _, known in seen],
        "numbers": [known.number for _, known in seen],
    }
    rows = await (await connection.execute(_CHANGED, values)).fetchall()
    return [_change(row) for row in rows]


def _change(row: DictRow) -> Change:
    task_id, entries = row.pop("task_id"), row.pop("entries") or []
    task = None
    if row["version"] is not None:
        state = TaskState(row.pop("state"))
        task = TaskNow(id=task_id, state=state, **row)
    return Change(task_id, task, [Entry(**entry) for entry in entries])
