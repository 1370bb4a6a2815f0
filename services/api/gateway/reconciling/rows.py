"""Reading, locking and writing rows of `syncs`."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any, LiteralString
from uuid import UUID

import orjson
from psycopg import Connection
from psycopg.rows import dict_row

from gateway.reconciling.decision import SyncRow
from gateway.reconciling.entities import Domain, Entity, SyncState

_COLUMNS: LiteralString = """entity_id, customer_id, entity, desired_version, synced_version,
    deleted, covered_by, reached, task_id, task_version, next_task_id, state, last_error"""
_NEXT_VERSION = """
INSERT INTO sync_versions (customer_id, domain, last)
VALUES (%(customer)s, %(domain)s, %(beyond)s + %(count)s)
ON CONFLICT (customer_id, domain)
    DO UPDATE SET last = greatest(sync_versions.last, %(beyond)s) + %(count)s
RETURNING last
"""
_LAST: LiteralString = "SELECT last FROM sync_versions WHERE customer_id = %s AND domain = %s"
_READ: LiteralString = f"SELECT {_COLUMNS} FROM syncs WHERE entity_id = ANY (%s::uuid[])"  # noqa: S608 -- literals
_LOCK: LiteralString = f"{_READ} ORDER BY entity_id FOR UPDATE"
_OF_TASKS: LiteralString = f"""
SELECT {_COLUMNS} FROM syncs WHERE task_id = ANY (%(ids)s::uuid[])
UNION SELECT {_COLUMNS} FROM syncs WHERE next_task_id = ANY (%(ids)s::uuid[])
"""  # noqa: S608 -- literals
_AWAITED: LiteralString = """
SELECT DISTINCT next_task_id FROM syncs WHERE next_task_id = ANY (%s::uuid[])
"""
# As long as it is not in step, `changed_at` says since when.
_WRITE = """
INSERT INTO syncs (entity_id, customer_id, entity, desired_version, synced_version, deleted,
    covered_by, reached, task_id, task_version, next_task_id, state, last_error, synced_at)
SELECT entity_id, customer_id, entity, desired_version, synced_version, deleted, covered_by,
    reached, task_id, task_version, next_task_id, state, last_error,
    CASE WHEN state = 'synced' THEN now() END
FROM json_to_recordset(%s::json) AS n (entity_id uuid, customer_id uuid, entity text,
    desired_version bigint, synced_version bigint, deleted boolean, covered_by uuid,
    reached boolean, task_id uuid, task_version bigint, next_task_id uuid, state text,
    last_error jsonb)
ORDER BY entity_id
ON CONFLICT (entity_id) DO UPDATE SET desired_version = excluded.desired_version,
    synced_version = excluded.synced_version, deleted = excluded.deleted,
    covered_by = excluded.covered_by, reached = excluded.reached, task_id = excluded.task_id,
    task_version = excluded.task_version, next_task_id = excluded.next_task_id,
    state = excluded.state, last_error = excluded.last_error,
    changed_at = CASE WHEN syncs.state = 'synced' AND excluded.state <> 'synced' THEN now()
        ELSE syncs.changed_at END,
    synced_at = coalesce(excluded.synced_at, syncs.synced_at)
"""


def take_versions(
    connection: Connection[Any],
    customer_id: UUID,
    domain: Domain,
    count: int = 1,
    *,
    beyond: int = 0,
) -> int:
    """Take the next `count` versions, all above `beyond`; returns the last of them.

    Until the caller's transaction ends, nobody else changes anything of that customer and domain.
    """
    values = {"customer": customer_id, "domain": domain, "count": count, "beyond": beyond}
    ((last,),) = connection.execute(_NEXT_VERSION, values).fetchall()
    return int(last)


def last_version(connection: Connection[Any], customer_id: UUID, domain: Domain) -> int:
    """The last version that was taken, without a lock; 0 if none was."""
    rows = connection.execute(_LAST, [customer_id, domain]).fetchall()
    return int(rows[0][0]) if rows else 0


def read_syncs(connection: Connection[Any], ids: Iterable[UUID]) -> dict[UUID, SyncRow]:
    """The rows that exist, without a lock."""
    return _by_id(connection, _READ, [list(ids)])


def lock_syncs(connection: Connection[Any], ids: Iterable[UUID]) -> dict[UUID, SyncRow]:
    """The rows that exist; tasks and their outbox are locked before, never after."""
    return _by_id(connection, _LOCK, [sorted(ids)])


def syncs_of_tasks(connection: Connection[Any], ids: Sequence[UUID]) -> dict[UUID, SyncRow]:
    """The rows whose sync one of these tasks is, or is to be; without a lock."""
    return _by_id(connection, _OF_TASKS, {"ids": list(ids)})


def still_awaited(connection: Connection[Any], ids: Iterable[UUID]) -> set[UUID]:
    """Which of these tasks are the next one of an entity."""
    wanted = list(ids)
    return {row[0] for row in connection.execute(_AWAITED, [wanted])} if wanted else set()


def write_syncs(connection: Connection[Any], rows: Iterable[SyncRow]) -> None:
    """Insert or replace rows."""
    listed = [asdict(row) for row in rows]
    if listed:
        connection.execute(_WRITE, [orjson.dumps(listed).decode()])


def tasks_of(rows: Iterable[SyncRow]) -> set[UUID]:
    """The tasks that these rows name."""
    named = {task for row in rows for task in (row.task_id, row.next_task_id)}
    return {task for task in named if task is not None}


def _by_id(connection: Connection[Any], query: LiteralString, values: Any) -> dict[UUID, SyncRow]:
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(query, values).fetchall()
    return {row["entity_id"]: _row(row) for row in rows}


def _row(columns: dict[str, Any]) -> SyncRow:
    return SyncRow(
        **{
            **columns,
            "entity": Entity(columns["entity"]),
            "state": SyncState(columns["state"]),
        }
    )
