"""Tasks that were cleaned up start again with the payload that a dead letter kept."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.types.json import Jsonb

from warren.contracts.message import JobMessage, UndecodableMessage

_CLEANED = """
SELECT id FROM tasks
WHERE id = ANY (%(ids)s::uuid[]) AND id BETWEEN %(low)s AND %(high)s AND cleaned_at IS NOT NULL
"""
_LETTERS = """
SELECT DISTINCT ON (task_id) task_id, message FROM dead_letters
WHERE task_id = ANY (%s::uuid[]) ORDER BY task_id, id DESC
"""
_RESTORE = "UPDATE tasks SET payload = %s, cleaned_at = NULL WHERE id = %s"


def restore_payloads(connection: Connection[Any], ids: Collection[UUID]) -> set[UUID]:
    """Give cleaned tasks, which the caller has locked, their payload back.

    Returns those that have none any more, and so cannot start.
    """
    if not ids:
        return set()
    bounds = {"ids": list(ids), "low": min(ids), "high": max(ids)}
    cleaned = {task for (task,) in connection.execute(_CLEANED, bounds)}
    if not cleaned:
        return set()
    for task, message in connection.execute(_LETTERS, [sorted(cleaned)]).fetchall():
        try:
            payload = JobMessage.decode(bytes(message)).payload
        except UndecodableMessage:
            continue  # what the broker gave up unread cannot be given back
        connection.execute(_RESTORE, [Jsonb(payload), task])
        cleaned.discard(task)
    return cleaned
