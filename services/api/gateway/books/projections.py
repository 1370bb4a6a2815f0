"""What the tasks of books say of them: where they stand, and what they have found out."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, LiteralString, TypeVar
from uuid import UUID

import orjson
import structlog
from psycopg import Connection
from pydantic import BaseModel, ValidationError

from gateway.books.artifacts import let_go
from gateway.reconciling.artifacts import adopt_artifacts
from gateway.tasks.retention import retention
from warren.contracts.book_results import CachedFile, GeneratedLocations, ProcessedBook
from warren.contracts.books import CacheFile, GenerateLocations, PlanBook, ProcessBook
from warren.contracts.state_machine import TaskRow, Transition
from warren.contracts.states import TaskState

_log = structlog.get_logger("warren.recorder")

_STATES = {
    TaskState.SUCCEEDED: {PlanBook.kind: "planned", ProcessBook.kind: "processed"},
    TaskState.FAILED: {},
    TaskState.CANCELLED: {},
    TaskState.EXPIRED: {},
}
# Only of the task that the book goes by: an earlier one may end later.
_MOVE: LiteralString = """
UPDATE books b SET state = n.state, error = n.error, updated_at = now()
FROM json_to_recordset(%s::json) AS n (task_id uuid, state text, error jsonb)
WHERE b.task_id = n.task_id AND (b.state, b.error) IS DISTINCT FROM (n.state, n.error)
"""
_PROCESSED: LiteralString = """
UPDATE books b SET result = %(result)s::jsonb, descriptions_id = %(found)s,
    descriptions_found = %(count)s, processed_at = now(), updated_at = now()
FROM (SELECT id, descriptions_id AS before FROM books WHERE id = %(id)s FOR NO KEY UPDATE) AS old
WHERE b.id = old.id AND b.task_id = %(task)s AND b.customer_id = %(customer)s RETURNING old.before
"""
_LOCATED: LiteralString = """
UPDATE books b SET locations_id = %(found)s, locations_count = %(count)s, updated_at = now()
FROM (SELECT id, locations_id AS before FROM books WHERE id = %(id)s FOR NO KEY UPDATE) AS old
WHERE b.id = old.id AND b.customer_id = %(customer)s RETURNING old.before
"""
_CACHED: LiteralString = """
UPDATE books SET cache_id = %(found)s, cache = %(cache)s::jsonb
WHERE id = %(id)s AND customer_id = %(customer)s
"""
# What came of a book that is there can be asked for as long as the task is known.
_KEEP_RESULT: LiteralString = """
UPDATE tasks SET
    result_kept_until = greatest(result_kept_until, created_at + make_interval(days => %(days)s))
WHERE id = %(task)s
    AND EXISTS (SELECT FROM books b WHERE b.id = %(id)s AND b.customer_id = %(customer)s)
"""
ResultT = TypeVar("ResultT", bound=BaseModel)


def follow_books(connection: Connection[Any], transitions: Sequence[Transition]) -> None:
    """A projection: books learn of their tasks."""
    moved = [
        _standing(t.after)
        for t in transitions
        if t.after.kind in (PlanBook.kind, ProcessBook.kind)
        and (t.before.state is not t.after.state or t.before.generation != t.after.generation)
    ]
    if moved:
        connection.execute(_MOVE, [orjson.dumps(moved).decode()])
    for transition in transitions:
        follow = _FOLLOWING.get(transition.after.kind)
        if follow is not None and transition.success is not None:
            follow(connection, transition)


def _standing(task: TaskRow) -> dict[str, Any]:
    if not task.state.is_terminal:
        state = "planning" if task.kind == PlanBook.kind else "processing"
        return {"task_id": task.id, "state": state, "error": None}
    ended = "failed" if task.state is TaskState.FAILED else "cancelled"
    state = _STATES[task.state].get(task.kind, ended)
    return {"task_id": task.id, "state": state, "error": _public(task.error)}


def _public(error: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if error is None:
        return None
    return {name: error[name] for name in ("type", "message", "field") if error.get(name)}


def _processed(connection: Connection[Any], transition: Transition) -> None:
    result = _read(transition, ProcessedBook)
    if result is None:
        return
    values = {
        "result": result.model_dump_json(),
        "found": result.descriptions.id,
        "count": result.descriptions_found,
        **_keys(transition.after, result.book_id),
    }
    connection.execute(_KEEP_RESULT, {**values, "days": retention().summary_days})
    _replace(connection, _PROCESSED, values)


def _located(connection: Connection[Any], transition: Transition) -> None:
    result = _read(transition, GeneratedLocations)
    if result is None:
        return
    values = {
        "found": result.locations.id,
        "count": result.locations_generated,
        **_keys(transition.after, result.book_id),
    }
    _replace(connection, _LOCATED, values)


def _cached(connection: Connection[Any], transition: Transition) -> None:
    result = _read(transition, CachedFile)
    if result is not None:
        cache = result.model_dump_json(exclude={"artifact"})
        keys = _keys(transition.after, result.book_id)
        connection.execute(_CACHED, {"found": result.artifact.id, "cache": cache, **keys})


def _replace(connection: Connection[Any], update: LiteralString, values: dict[str, Any]) -> None:
    """Note a file that a task has made; the book keeps it, and not the one it had before."""
    book_id: UUID = values["id"]
    for (before,) in connection.execute(update, values).fetchall():
        adopt_artifacts(connection, book_id, [values["found"]])
        let_go(connection, book_id, {before} - {values["found"]})


def _keys(task: TaskRow, book_id: UUID) -> dict[str, Any]:
    return {"id": book_id, "task": task.id, "customer": task.customer_id}


def _read(transition: Transition, model: type[ResultT]) -> ResultT | None:
    try:
        return model.model_validate(transition.after.result)
    except ValidationError as error:
        # The end of the task counts all the same; the book is what nobody knows more of.
        _log.error(
            "a result of the nlp-worker cannot be read",
            task=str(transition.after.id),
            error=str(error),
        )
        return None


_FOLLOWING: dict[str, Callable[[Connection[Any], Transition], None]] = {
    ProcessBook.kind: _processed,
    GenerateLocations.kind: _located,
    CacheFile.kind: _cached,
}
