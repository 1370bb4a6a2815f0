"""The relay's SQL: what is due, claiming it, and settling what was published."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

import orjson
from psycopg import Connection

from gateway.relaying.due_row import DueRow, TaskPosition
from gateway.relaying.fairness import Allotment
from warren.contracts.message import Dispatch

# A loose index scan: one descent into outbox_due per queue, however many rows there are.
_DUE_QUEUES = """
WITH RECURSIVE queues AS (
    (SELECT queue, available_at FROM outbox ORDER BY queue, available_at LIMIT 1)
    UNION ALL
    SELECT later.queue, later.available_at FROM queues CROSS JOIN LATERAL (
        SELECT o.queue, o.available_at FROM outbox o WHERE o.queue > queues.queue
        ORDER BY o.queue, o.available_at LIMIT 1) later
)
SELECT queue, extract(epoch FROM available_at - now())::double precision
FROM queues LEFT JOIN queue_controls c USING (queue) WHERE c.paused_at IS NULL
"""
_UNSTARTED = """
SELECT queue, count(*) FROM in_flight
WHERE started_at IS NULL AND queue = ANY (%s) GROUP BY queue
"""
_LIVE_SLOTS = """
SELECT queue, sum((beat ->> 'slots_total')::integer)::integer
FROM workers CROSS JOIN LATERAL jsonb_array_elements_text(beat -> 'queues') AS queue
WHERE beat_at > now() - interval '30 seconds' GROUP BY queue
"""
_BACKLOG = "SELECT count(*) FROM outbox WHERE available_at <= now()"
# Fairness and limits have said whose rows, and how many of each (relaying/choosing.py).
_TASK_COLUMNS: LiteralString = """t.payload, t.lane, t.expires_at, t.traceparent,
    t.started_at, t.state, t.generation, t.dispatch, t.rank"""
_ALLOTTED: LiteralString = """
FROM json_to_recordset(%(allotted)s::json) AS n (customer_id uuid, limit_key text, most integer)
CROSS JOIN LATERAL (
    SELECT w.* FROM outbox w WHERE w.queue = %(queue)s AND w.customer_id = n.customer_id
        AND w.limit_key = n.limit_key AND w.available_at <= now()
    ORDER BY w.available_at, w.task_id LIMIT n.most FOR UPDATE SKIP LOCKED) o
"""
# Each task by the primary key: planned while a partition was empty, a join would read all of it
# later. Only there the order comes of itself, which a range has to be given.
_SELECT_ROWS: LiteralString = f"""
SELECT o.task_id, o.generation, o.dispatch, o.attempt, o.kind, o.version, o.queue, o.customer_id,
    o.limit_key, {_TASK_COLUMNS}, o.available_at
{_ALLOTTED} LEFT JOIN LATERAL (
    SELECT {_TASK_COLUMNS} FROM tasks t WHERE t.id BETWEEN o.task_id AND o.task_id
    ORDER BY t.id LIMIT 1) t ON true
"""  # noqa: S608 -- literals
_SELECT_IDS: LiteralString = f"SELECT o.task_id, o.generation, o.dispatch {_ALLOTTED}"
_SELECT_TASKS: LiteralString = f"SELECT {_TASK_COLUMNS} FROM tasks t WHERE t.id = ANY (%s)"  # noqa: S608 -- literals
# By the array, too: planned while the table was empty, the statement would read all of it later.
_DELETE = """
DELETE FROM outbox o USING json_to_recordset(%(rows)s::json) AS n (task_id uuid,
    generation integer, dispatch integer)
WHERE o.task_id = n.task_id AND o.generation = n.generation AND o.dispatch = n.dispatch
    AND o.task_id = ANY (ARRAY (
        SELECT task_id FROM json_to_recordset(%(rows)s::json) AS named (task_id uuid)))
"""
# now() is the transaction's start, so that no run can seem to start before it was published.
_TAKE_INTO_CUSTODY = """
INSERT INTO in_flight (task_id, generation, dispatch, queue, limit_key)
SELECT task_id, generation, dispatch, queue, limit_key
FROM json_to_recordset(%s::json) AS n (task_id uuid, generation integer, dispatch integer,
    queue text, limit_key text)
ON CONFLICT (task_id) DO UPDATE SET generation = excluded.generation,
    dispatch = excluded.dispatch, queue = excluded.queue, limit_key = excluded.limit_key,
    published_at = excluded.published_at, started_at = NULL,
    handed_back_at = NULL
WHERE (in_flight.generation, in_flight.dispatch) < (excluded.generation, excluded.dispatch)
"""
_POSTPONE = """
UPDATE outbox SET available_at = now() + interval '1 minute'
WHERE task_id = %s AND generation = %s AND dispatch = %s
"""


@dataclass(frozen=True, slots=True)
class QueueDue:
    """A queue with rows, and in how many seconds its first is due (not positive: it is)."""

    queue: str
    due_in: float


def queues_with_rows(connection: Connection[Any]) -> list[QueueDue]:
    """All queues that have rows, due or not, and are not paused."""
    return [QueueDue(*row) for row in connection.execute(_DUE_QUEUES)]


def count_unstarted(connection: Connection[Any], queues: Sequence[str]) -> dict[str, int]:
    """Published messages of these queues whose run has not been seen."""
    return dict(connection.execute(_UNSTARTED, [list(queues)]).fetchall())


def count_live_slots(connection: Connection[Any]) -> dict[str, int]:
    """Slots of processes that have beaten lately, by the queues they serve."""
    return dict(connection.execute(_LIVE_SLOTS).fetchall())


def count_backlog(connection: Connection[Any]) -> int:
    """Due rows; reads all of them, so ask rarely."""
    row = connection.execute(_BACKLOG).fetchone()
    return int(row[0]) if row else 0


def select_rows(
    connection: Connection[Any], queue: str, allotments: Sequence[Allotment]
) -> list[DueRow]:
    """Lock and read due rows of a queue as allotted, but none that another relay holds."""
    arguments = _arguments(queue, allotments)
    return [_due_row(row) for row in connection.execute(_SELECT_ROWS, arguments)]


def select_ids(
    connection: Connection[Any], queue: str, allotments: Sequence[Allotment]
) -> list[Dispatch]:
    """Lock the rows that `select_rows` would read, without a look at their tasks."""
    arguments = _arguments(queue, allotments)
    return [Dispatch(*row) for row in connection.execute(_SELECT_IDS, arguments)]


def read_tasks(connection: Connection[Any], dispatches: Sequence[Dispatch]) -> None:
    """Raise what `select_rows` raises because of the tasks of these rows."""
    ids = [dispatch.task_id for dispatch in dispatches]
    connection.execute(_SELECT_TASKS, [ids]).fetchall()


def settle(
    connection: Connection[Any], published: Sequence[DueRow], outdated: Sequence[DueRow]
) -> None:
    """Delete both, and take into custody what was published, within the claim's transaction."""
    if published or outdated:
        connection.execute(_DELETE, {"rows": _json([*published, *outdated])})
    if published:
        connection.execute(_TAKE_INTO_CUSTODY, [_json(published)])


def postpone(connection: Connection[Any], dispatch: Dispatch) -> None:
    """Let a row that makes no message wait a minute, out of the others' way."""
    connection.execute(_POSTPONE, [dispatch.task_id, dispatch.generation, dispatch.dispatch])


def _arguments(queue: str, allotments: Sequence[Allotment]) -> dict[str, Any]:
    allotted = [
        {"customer_id": a.share.customer_id, "limit_key": a.share.limit_key, "most": a.most}
        for a in allotments
    ]
    return {"queue": queue, "allotted": orjson.dumps(allotted).decode()}


def _due_row(columns: Any) -> DueRow:
    task = TaskPosition(*columns[14:18]) if columns[14] is not None else None
    return DueRow(task, Dispatch(*columns[:3]), *(*columns[3:14], columns[18]))


def _json(rows: Iterable[DueRow]) -> str:
    return orjson.dumps(
        [
            {
                "task_id": row.dispatch.task_id,
                "generation": row.dispatch.generation,
                "dispatch": row.dispatch.dispatch,
                "queue": row.queue,
                "limit_key": row.limit_key,
            }
            for row in rows
        ]
    ).decode()
