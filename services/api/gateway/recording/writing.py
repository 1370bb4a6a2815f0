"""Write what a batch of transitions changed: one statement a table."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from typing import Any

import orjson
from psycopg import Connection

from gateway.recording.decoding import Rejected
from gateway.tasks.measures import task_numbers
from warren.contracts.state_machine import HistoryNote, OutboxRow, TaskRow, Transition
from warren.contracts.status import Status, TaskSucceeded

_UPDATE_TASKS = """
UPDATE tasks t SET state = n.state, generation = n.generation, dispatch = n.dispatch,
    rank = n.rank, attempt = n.attempt, waiting_for = n.waiting_for, progress = n.progress,
    message = n.message, error = n.error, run_id = n.run_id, worker = n.worker,
    result = CASE WHEN n.state = 'succeeded' THEN n.result ELSE t.result END,
    queued_at = n.queued_at, started_at = n.started_at, finished_at = n.finished_at,
    attempt_started_at = n.attempt_started_at, processing_seconds = n.processing_seconds,
    children_dropped = n.children_dropped, updated_at = now()
FROM json_to_recordset(%(rows)s::json) AS n (id uuid, state text, generation integer,
    dispatch integer, rank smallint, attempt integer, waiting_for text, progress smallint,
    message text, result jsonb, error jsonb, run_id uuid, worker text, queued_at timestamptz,
    started_at timestamptz, attempt_started_at timestamptz, finished_at timestamptz,
    processing_seconds double precision, children_dropped boolean)
WHERE t.id = n.id AND t.id BETWEEN %(low)s AND %(high)s
"""
_INSERT_HISTORY = """
INSERT INTO task_history (task_id, generation, dispatch, type, seq, attempt, run_id, at, data)
SELECT task_id, generation, dispatch, type, seq, attempt, run_id, at, data
FROM json_to_recordset(%(rows)s::json) AS n (task_id uuid, generation integer, dispatch integer,
    type text, seq integer, attempt integer, run_id uuid, at timestamptz, data jsonb)
ON CONFLICT DO NOTHING
"""
# By the array, too: planned while the table was empty, the statement would read all of it later.
_DELETE_OUTBOX = """
DELETE FROM outbox o USING json_to_recordset(%(rows)s::json) AS n (task_id uuid,
    generation integer, dispatch integer)
WHERE o.task_id = n.task_id AND o.generation = n.generation AND o.dispatch = n.dispatch
    AND o.task_id = ANY (ARRAY (
        SELECT task_id FROM json_to_recordset(%(rows)s::json) AS named (task_id uuid)))
"""
_INSERT_OUTBOX = """
INSERT INTO outbox (task_id, generation, dispatch, attempt, kind, version, queue, customer_id,
    available_at)
SELECT task_id, generation, dispatch, attempt, kind, version, queue, customer_id,
    now() + make_interval(secs => delay)
FROM json_to_recordset(%(rows)s::json) AS n (task_id uuid, generation integer, dispatch integer,
    attempt integer, kind text, version integer, queue text, customer_id uuid,
    delay double precision)
"""
# A place among tasks that may run at a time becomes free: a relay may have a row for it.
_DELETE_IN_FLIGHT = """
WITH gone AS (
    DELETE FROM in_flight f USING json_to_recordset(%(rows)s::json) AS n (task_id uuid)
    WHERE f.task_id = n.task_id AND f.task_id = ANY (ARRAY (
        SELECT task_id FROM json_to_recordset(%(rows)s::json) AS named (task_id uuid)))
    RETURNING f.limit_key
)
SELECT pg_notify('warren_outbox', '') FROM gone
WHERE split_part(limit_key, E'\\x1f', 2) <> '' LIMIT 1
"""
# Where a relay died before it could note what it had published, its limits are noted now; by the
# primary key, as in relaying/claims.py.
_UPSERT_IN_FLIGHT = """
INSERT INTO in_flight (task_id, generation, dispatch, queue, published_at, started_at, limit_key,
    handed_back_at)
SELECT task_id, generation, dispatch, queue, published_at, CASE WHEN started THEN now() END,
    CASE WHEN known THEN '' ELSE (SELECT limit_key FROM tasks WHERE id BETWEEN task_id AND task_id
        ORDER BY id LIMIT 1) END,
    handed_back_at
FROM json_to_recordset(%(rows)s::json) AS n (task_id uuid, generation integer, dispatch integer,
    queue text, published_at timestamptz, started boolean, known boolean,
    handed_back_at timestamptz)
ON CONFLICT (task_id) DO UPDATE SET generation = excluded.generation,
    dispatch = excluded.dispatch, published_at = excluded.published_at,
    started_at = coalesce(CASE WHEN (in_flight.generation, in_flight.dispatch)
        = (excluded.generation, excluded.dispatch) THEN in_flight.started_at END,
        excluded.started_at),
    handed_back_at = excluded.handed_back_at
"""
_QUARANTINE = "INSERT INTO quarantined_status (queue, body, error) VALUES (%s, %s, %s)"

_BEFORE_END = {"task.processing": 0, "task.part": 1}

Row = dict[str, Any]


def write_transitions(connection: Connection[Any], transitions: Sequence[Transition]) -> None:
    """Write all of them within the caller's transaction, whose tasks it has locked."""
    changed = [t for t in transitions if t.changed]
    if changed:
        ids = sorted(t.after.id for t in changed)
        bounds = {"low": ids[0], "high": ids[-1]}
        _execute(connection, _UPDATE_TASKS, (_task(t.after) for t in changed), **bounds)
    _execute(connection, _INSERT_HISTORY, (row for t in transitions for row in _history(t)))
    _write_outbox(connection, changed)
    _write_in_flight(connection, changed)
    task_numbers().moved(transitions)


def write_notes(connection: Connection[Any], notes: Iterable[HistoryNote]) -> None:
    """Add what no run reported to the history; a second note of the same changes nothing."""
    _execute(connection, _INSERT_HISTORY, map(_note, notes))


def quarantine(connection: Connection[Any], queue: str, rejected: Iterable[Rejected]) -> None:
    """Set statuses aside for an operator to look at."""
    for item in rejected:
        connection.execute(_QUARANTINE, [queue, item.body, item.error])


def _write_outbox(connection: Connection[Any], changed: Sequence[Transition]) -> None:
    gone = [_key(t.after, r) for t in changed for r in t.before.outbox if r not in t.after.outbox]
    new = [_due(t.after, r) for t in changed for r in t.after.outbox if r not in t.before.outbox]
    _execute(connection, _DELETE_OUTBOX, gone)
    _execute(connection, _INSERT_OUTBOX, new)
    if new:
        connection.execute("SELECT pg_notify('warren_outbox', '')")


def _write_in_flight(connection: Connection[Any], changed: Sequence[Transition]) -> None:
    moved = [t for t in changed if t.before.in_flight != t.after.in_flight]
    _execute(
        connection,
        _DELETE_IN_FLIGHT,
        [{"task_id": t.after.id} for t in moved if t.after.in_flight is None],
    )
    _execute(connection, _UPSERT_IN_FLIGHT, [_custody(t) for t in moved if t.after.in_flight])


def _execute(connection: Connection[Any], query: str, rows: Iterable[Row], **more: Any) -> None:
    listed = list(rows)
    if listed:
        connection.execute(query, {"rows": orjson.dumps(listed).decode(), **more})


_TASK_COLUMNS = (
    "id",
    "state",
    "generation",
    "dispatch",
    "rank",
    "attempt",
    "waiting_for",
    "progress",
    "message",
    "result",
    "error",
    "run_id",
    "worker",
    "queued_at",
    "started_at",
    "attempt_started_at",
    "finished_at",
    "processing_seconds",
    "children_dropped",
)


def _columns(names: Sequence[str]) -> Callable[[Any], Row]:
    def read(source: Any) -> Row:
        return {name: getattr(source, name) for name in names}

    return read


_task = _columns(_TASK_COLUMNS)


def _entry(status: Status) -> Row:
    return {
        "task_id": status.task_id,
        "generation": status.generation,
        "dispatch": status.dispatch,
        "type": status.type,
        "seq": getattr(status.data, "seq", 0),
        "attempt": status.attempt,
        "run_id": status.run_id,
        "at": status.at,
        "data": _kept(status),
    }


def _history(transition: Transition) -> list[Row]:
    """In the order in which they are told to those who follow the task."""
    rows = [_entry(status) for status in transition.history]
    rows += [_note(note) for note in transition.notes]
    # What came together came in any order: a start is told before the parts, these before an end.
    return sorted(
        rows, key=lambda r: (r["generation"], r["dispatch"], _BEFORE_END.get(r["type"], 2))
    )


def _note(note: HistoryNote) -> Row:
    return {**asdict(note), "seq": 0, "run_id": None}


def _kept(status: Status) -> Any:
    # The result stands in the task's row already.
    exclude = {"result"} if isinstance(status, TaskSucceeded) else None
    return status.data.model_dump(mode="json", exclude=exclude, exclude_none=True)


def _key(task: TaskRow, row: OutboxRow) -> Row:
    return {"task_id": task.id, "generation": row.generation, "dispatch": row.dispatch}


def _due(task: TaskRow, row: OutboxRow) -> Row:
    return {
        **_key(task, row),
        "attempt": row.attempt,
        "kind": task.kind,
        "version": task.version,
        "queue": task.queue,
        "customer_id": task.customer_id,
        "delay": row.delay or 0.0,
    }


def _custody(transition: Transition) -> Row:
    task = transition.after
    held = task.in_flight
    if held is None:
        raise ValueError(f"task {task.id} is not in flight")
    return {
        "task_id": task.id,
        "generation": held.generation,
        "dispatch": held.dispatch,
        "queue": task.queue,
        "published_at": held.published_at,
        "started": held.started,
        "handed_back_at": held.handed_back_at,
        "known": transition.before.in_flight is not None,
    }
