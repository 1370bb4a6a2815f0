"""Files that nothing refers to: uploads that no task uses, and content without any row."""

from typing import Any
from uuid import UUID

from psycopg import Connection

from gateway.housekeeping.cleaning.artifact_rows import delete_rows
from gateway.housekeeping.cleaning.references import in_messages, in_new_tasks
from gateway.housekeeping.cleaning.report import Tally
from gateway.housekeeping.cleaning.steps import Check, in_steps

#: Uploads that one look at all payloads is for.
_LOOK, _STEP = 20_000, 500
_FIRST = UUID(int=0)

_EXPIRED = """
SELECT id FROM artifacts WHERE expires_at < now() AND id > %s ORDER BY id LIMIT %s
FOR UPDATE SKIP LOCKED
"""
_UPLOADS = """
SELECT id, sha256, warren_new_id() FROM artifacts
WHERE task_id IS NULL AND id > %s AND created_at < now() - make_interval(days => %s)
    AND NOT EXISTS (SELECT FROM kept_artifacts k WHERE k.artifact_id = artifacts.id)
ORDER BY id LIMIT %s
"""
_LOCK = """
SELECT id, sha256 FROM artifacts WHERE id = ANY (%s::uuid[]) ORDER BY id FOR UPDATE SKIP LOCKED
"""


def delete_expired(connection: Connection[Any], tally: Tally, check: Check) -> int:
    """Delete the rows whose time has passed; returns how many."""
    deleted, after = 0, _FIRST
    while True:
        check()
        with connection.transaction():
            ids = [row[0] for row in connection.execute(_EXPIRED, [after, _STEP])]
            if not ids:
                return deleted
            delete_rows(connection, ids, tally)
        deleted, after = deleted + len(ids), ids[-1]


def delete_unused_uploads(
    connection: Connection[Any], days: int, tally: Tally, check: Check
) -> int:
    """Delete the rows of uploads, older than `days`, that no task or letter names.

    A task that names one and was accepted meanwhile keeps it.
    """
    deleted, after = 0, _FIRST
    while True:
        check()
        uploads = connection.execute(_UPLOADS, [after, days, _LOOK]).fetchall()
        if not uploads:
            return deleted
        began = uploads[0][2]
        used = in_messages(connection, {sha256 for _, sha256, _ in uploads})
        unused = [upload for upload, sha256, _ in uploads if sha256 not in used]
        for step in in_steps(unused, _STEP):
            deleted += _delete_unused(connection, step, began, tally, check)
        after = uploads[-1][0]


def _delete_unused(
    connection: Connection[Any],
    uploads: list[UUID],
    began: UUID,
    tally: Tally,
    check: Check,
) -> int:
    check()
    with connection.transaction():
        locked = connection.execute(_LOCK, [uploads]).fetchall()
        used = in_new_tasks(connection, {sha256 for _, sha256 in locked}, began)
        ids = [upload for upload, sha256 in locked if sha256 not in used]
        if ids:
            delete_rows(connection, ids, tally)
        return len(ids)
