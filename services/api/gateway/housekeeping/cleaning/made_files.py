"""Speech and pictures that are too old."""

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection

from gateway.housekeeping.cleaning.artifact_rows import delete_rows
from gateway.housekeeping.cleaning.report import Tally
from gateway.housekeeping.cleaning.steps import Check
from warren.contracts.ids import lowest_id

_STEP = 500
_FIRST = UUID(int=0)

# An artifact of a task carries the time at which the task was accepted: it is never younger.
_OLD = """
SELECT id FROM artifacts
WHERE id > %(after)s AND id < %(below)s AND created_at < %(before)s
    AND task_id IS NOT NULL AND media_type LIKE %(media_types)s
    AND NOT EXISTS (SELECT FROM tasks t WHERE t.id = task_id AND t.result_kept_until > now())
ORDER BY id LIMIT %(step)s FOR UPDATE SKIP LOCKED
"""


def delete_old_files(
    connection: Connection[Any], main_type: str, before: datetime, tally: Tally, check: Check
) -> None:
    """Delete what tasks have made before a moment; uploads are not made by tasks, and what owners
    want to have longer stays.

    `main_type` is the first half of the media types that are meant, such as `audio`.
    """
    after: UUID | None = _FIRST
    while after is not None:
        check()
        values = {
            "after": after,
            "below": lowest_id(before),
            "before": before,
            "step": _STEP,
            "media_types": f"{main_type}/%",
        }
        with connection.transaction():
            ids = [row[0] for row in connection.execute(_OLD, values)]
            if ids:
                delete_rows(connection, ids, tally)
        after = ids[-1] if ids else None
