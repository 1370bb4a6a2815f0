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
SELECT (w.place - 1)::integer AS place, t.*, h.entries
FROM unnest(%(ids)s::uuid[], %(versions)s::text[], %(numbers)s::bigint[], %(most)s::integer[])
    WITH ORDINALITY AS w (id, version, number, most, place)
LEFT JOIN LATERAL (
    SELECT xmin::text AS version, kind, state, generation, attempt, progress, message, error,
        cleaned_at, processing_seconds, finished_at, result_kept_until,
        CASE WHEN state = 'succeeded' THEN result END AS result,
        state IN ('succeeded', 'failed', 'cancelled', 'expired') AND NOT EXISTS (
            SELECT FROM task_history e WHERE e.task_id = w.id AND e.generation = tasks.generation
                AND e.type IN ('task.succeeded', 'task.failed', 'task.cancelled', 'task.expired'))
            AS lacks_end
    FROM tasks WHERE tasks.id = w.id LIMIT 1) t ON true
LEFT JOIN LATERAL (
    SELECT json_agg(json_build_object('number', number, 'type', type, 'generation', generation,
        'attempt', attempt, 'at', at, 'data', data) ORDER BY number) AS entries
    FROM (SELECT * FROM task_history WHERE task_history.task_id = w.id AND number > w.number
        ORDER BY number LIMIT w.most) AS page) h ON true
WHERE t.version IS DISTINCT FROM w.version OR h.entries IS NOT NULL
"""
# Those before the first that is to be told: so many, or all before the last generation begins.
# Starts and parts of an earlier one may be recorded after that.
_STARTS: LiteralString = """
SELECT (w.place - 1)::integer AS place, s.count, s.number
FROM unnest(%(ids)s::uuid[], %(told)s::bigint[]) WITH ORDINALITY AS w (id, told, place)
CROSS JOIN LATERAL (
    SELECT count(*)::integer AS count, coalesce(max(before.number), 0) AS number FROM (
        SELECT h.number FROM task_history h WHERE h.task_id = w.id AND (w.told IS NOT NULL
            OR h.number < coalesce((SELECT min(b.number) FROM task_history b
                WHERE b.task_id = w.id AND b.generation >= (
                    SELECT generation FROM tasks WHERE tasks.id = w.id LIMIT 1)), h.number + 1))
        ORDER BY h.number LIMIT w.told) AS before) AS s
"""
#: Entries of one task that are read at a time: of most tasks there are fewer than the first few.
FIRST_PAGE = 50
PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Seen:
    """How far somebody has looked at a task: version of its row, last entry of its history.

    `most` entries are wanted of what comes then.
    """

    version: str = ""
    number: int = 0
    most: int = FIRST_PAGE


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
    #: It has ended, and its history does not say so: that is older than histories are kept.
    lacks_end: bool
    finished_at: datetime | None = None
    result_kept_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What is new about a task: entries, and the row; None if there is no such task any more.

    There may be more than these entries if they are `most`.
    """

    task: TaskNow | None
    entries: list[Entry]
    most: int

    @property
    def is_whole(self) -> bool:
        """Whether that is all."""
        return len(self.entries) < self.most


@dataclass(frozen=True, slots=True)
class Start:
    """Where somebody begins: behind `count` entries, of which the last has the `number`."""

    count: int
    number: int


async def changed_tasks(
    connection: AsyncConnection[DictRow], seen: Sequence[tuple[UUID, Seen]]
) -> dict[int, Change]:
    """What is new about those of these tasks of which anything is, by their places in `seen`.

    Raises psycopg.Error.
    """
    values = {
        "ids": [task_id for task_id, _ in seen],
        "versions": [known.version for _, known in seen],
        "numbers": [known.number for _, known in seen],
        "most": [known.most for _, known in seen],
    }
    rows = await (await connection.execute(_CHANGED, values)).fetchall()
    changes = {}
    for row in rows:
        place = row.pop("place")
        changes[place] = _change(*seen[place], row)
    return changes


async def starts_of(
    connection: AsyncConnection[DictRow], wanted: Sequence[tuple[UUID, int | None]]
) -> list[Start]:
    """Where to begin after so many events of a task, or with its last generation for None."""
    values = {"ids": [task_id for task_id, _ in wanted], "told": [told for _, told in wanted]}
    rows = await (await connection.execute(_STARTS, values)).fetchall()
    found = {row["place"]: Start(row["count"], row["number"]) for row in rows}
    return [found[place] for place in range(len(wanted))]


def _change(task_id: UUID, seen: Seen, row: DictRow) -> Change:
    entries = row.pop("entries") or []
    task = None
    if row["version"] is not None:
        state = TaskState(row.pop("state"))
        task = TaskNow(id=task_id, state=state, **row)
    return Change(task, [Entry(**entry) for entry in entries], seen.most)
