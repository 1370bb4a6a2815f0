"""Writing what was judged, within the caller's transaction."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from psycopg import Connection
from psycopg.rows import dict_row

from gateway.dead_letters.writing import NewLetter, insert_letters
from gateway.intake.judging import Judged
from gateway.recording.writing import write_notes
from gateway.tasks.acceptance_sql import ACCEPT, ALREADY_ACCEPTED, KEY_HOLDERS
from gateway.tasks.measures import task_numbers
from warren.contracts.message import Dispatch, JobMessage, JobOptions
from warren.contracts.state_machine import HistoryNote

# A task that nobody will run, so that whoever holds its id learns why.
_INSERT_ENDED = """
INSERT INTO tasks (id, customer_id, user_id, actor, kind, version, queue, lane, payload, metadata,
    tags, traceparent, max_attempts, due_at, expires_at, unique_key, parent_id, state, error,
    finished_at)
SELECT id, customer_id, user_id, actor, kind, version, queue, lane, payload, metadata, tags,
    traceparent, max_attempts, run_at, expires_at, unique_key, parent_id, state, error, now()
FROM json_to_recordset(%s::json) AS row (id uuid, customer_id uuid, user_id text, actor text,
    kind text, version integer, queue text, lane text, payload jsonb, metadata jsonb, tags text[],
    traceparent text, max_attempts integer, run_at timestamptz, expires_at timestamptz,
    unique_key text, parent_id uuid, state text, error jsonb)
ON CONFLICT (id) DO NOTHING
RETURNING id
"""
#: A unique key that is taken when a task is written, and free a moment later, is tried again.
_TRIES = 5


def write_judged(connection: Connection[Any], judged: Sequence[Judged], now: datetime) -> None:
    """Insert the tasks; what was asked for before stays as it is.

    Of several in `judged` that want one unique key, it is the first one's.
    """
    asked = {item.id: item for item in judged}.values()
    holders: dict[UUID, UUID | None] = {}
    for together in _first_come(item for item in asked if item.is_accepted):
        holders |= _accept(connection, together)
    once = _ordered(asked)
    unwanted = [_duplicate(item, holders[item.id]) for item in once if item.id in holders]
    _write_ended(connection, [item for item in once if not item.is_accepted], "failed", now)
    _write_ended(connection, unwanted, "cancelled", now)


def _first_come(items: Iterable[Judged]) -> tuple[list[Judged], list[Judged]]:
    """Those that nothing before them disputes the unique key with, and all others."""
    first: list[Judged] = []
    others: list[Judged] = []
    wanted: set[tuple[Any, ...]] = set()
    for item in items:
        columns = item.columns
        key = (columns["customer_id"], columns["kind"], columns["unique_key"] or item.id)
        (others if key in wanted else first).append(item)
        wanted.add(key)
    return _ordered(first), _ordered(others)


def _ordered(items: Iterable[Judged]) -> list[Judged]:
    # An order that all recorders share, so that no two wait for each other.
    return sorted(items, key=lambda item: item.id)


def _accept(connection: Connection[Any], items: Sequence[Judged]) -> dict[UUID, UUID | None]:
    """Accept the tasks; returns those whose unique key another live task holds, with that task."""
    holders: dict[UUID, UUID | None] = {}
    left = {item.id: item for item in items}
    for _ in range(_TRIES):
        if not left:
            return {}
        rows = [item.columns for item in left.values()]
        written = _ids(connection, ACCEPT, _json(rows), "[]")
        task_numbers().submitted(row for row in rows if row["id"] in written)
        written |= _ids(connection, ALREADY_ACCEPTED, list(left))
        left = {task_id: item for task_id, item in left.items() if task_id not in written}
        holders = _holders(connection, left)
        if len(holders) == len(left):
            return holders
    return {task_id: holders.get(task_id) for task_id in left}


def _holders(connection: Connection[Any], items: Mapping[UUID, Judged]) -> dict[UUID, UUID | None]:
    if not items:
        return {}
    names = ("id", "customer_id", "kind", "unique_key")
    rows = [{name: item.columns[name] for name in names} for item in items.values()]
    with connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(KEY_HOLDERS, [_json(rows)]).fetchall()
    return {row["submitted"]: row["id"] for row in found}


def _duplicate(item: Judged, holder: UUID | None) -> Judged:
    which = f"task {holder}" if holder else "another task"
    key = item.columns["unique_key"]
    message = f"{which} with the same unique key {key!r} lives; nothing new was begun"
    return Judged(item.id, item.columns, {"type": "Duplicate", "message": message})


def _write_ended(
    connection: Connection[Any], items: Sequence[Judged], state: str, now: datetime
) -> None:
    if not items:
        return
    rows = [{**item.columns, "state": state, "error": item.error} for item in items]
    written = _ids(connection, _INSERT_ENDED, _json(rows))
    new = [item for item in items if item.id in written]
    write_notes(
        connection,
        [HistoryNote(i.id, 1, 1, f"task.{state}", 1, now, {"error": i.error}) for i in new],
    )
    unknown = [item for item in new if (item.error or {}).get("source") == "unknown_kind"]
    insert_letters(connection, [_letter(item, now) for item in unknown])


def _letter(item: Judged, now: datetime) -> NewLetter:
    columns = item.columns
    dispatch = Dispatch(item.id, 1, 1)
    options = JobOptions(
        version=columns["version"],
        attempt=1,
        lane=columns["lane"],
        customer_id=columns["customer_id"],
        traceparent=columns["traceparent"],
    )
    message = JobMessage(dispatch, columns["kind"], columns["queue"], columns["payload"], options)
    return NewLetter(
        source="unknown_kind",
        queue=columns["queue"],
        error=item.error or {},
        message=message.encode(now),
        dispatch=dispatch,
        customer_id=columns["customer_id"],
        kind=columns["kind"],
        version=columns["version"],
        attempts=1,
    )


def _ids(connection: Connection[Any], query: str, *values: Any) -> set[UUID]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return {row["id"] for row in cursor.execute(query, values).fetchall()}


def _json(rows: Sequence[Mapping[str, Any]]) -> str:
    return orjson.dumps(rows).decode()
