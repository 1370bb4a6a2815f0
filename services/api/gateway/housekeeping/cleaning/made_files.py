"""Speech and pictures that are too old."""

from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg import Connection

from gateway.housekeeping.cleaning.ages import DAYS_OF_KIND, ages_by_kind
from gateway.housekeeping.cleaning.artifact_rows import delete_rows
from gateway.housekeeping.cleaning.report import Tally
from gateway.housekeeping.cleaning.steps import Check
from gateway.tasks.retention import RetentionSettings
from warren.contracts.ids import lowest_id

_STEP = 500
_FIRST = UUID(int=0)

# An artifact of a task carries the time at which the task was accepted: it is never younger.
_OLD: LiteralString = f"""
SELECT id FROM artifacts
WHERE id > %(after)s AND id < %(below)s AND created_at < %(before)s
    AND task_id IS NOT NULL AND media_type LIKE %(media_types)s
    AND NOT EXISTS (SELECT FROM tasks t WHERE t.id = task_id AND (t.result_kept_until > now()
        OR %(as_told)s AND t.state = 'succeeded'
            AND t.finished_at > now() - make_interval(days => {DAYS_OF_KIND})))
ORDER BY id LIMIT %(step)s FOR UPDATE SKIP LOCKED
"""  # noqa: S608 -- a constant


def delete_old_files(
    connection: Connection[Any],
    settings: RetentionSettings,
    main_type: str,
    before: datetime,
    tally: Tally,
    check: Check,
    *,
    as_told: bool,
) -> None:
    """Delete what tasks have made before a moment; uploads are not made by tasks, and what owners
    want to have longer stays.

    `main_type` is the first half of the media types that are meant, such as `audio`. If they go
    `as_told`, files stay as long as the status of their task has said, too.
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
            "as_told": as_told,
            **ages_by_kind(settings),
        }
        with connection.transaction():
            ids = [row[0] for row in connection.execute(_OLD, values)]
            if ids:
                delete_rows(connection, ids, tally)
        after = ids[-1] if ids else None
