"""Tasks that ended long ago keep their summary: payload, result, traceback and artifacts go."""

from datetime import timedelta
from typing import Any, LiteralString
from uuid import UUID

from psycopg import Connection

from gateway.housekeeping.cleaning.ages import DAYS_OF_KIND, ages_by_kind
from gateway.housekeeping.cleaning.artifact_rows import delete_rows
from gateway.housekeeping.cleaning.report import Tally
from gateway.housekeeping.cleaning.steps import Check
from gateway.housekeeping.config import HousekeepingSettings
from warren.contracts.ids import lowest_id

_STEP = 500
_FIRST = UUID(int=0)

_WINDOW = """
SELECT now(), ARRAY (SELECT id FROM tasks WHERE cleaned_at IS NULL
    AND id > %(after)s AND id < %(below)s ORDER BY id LIMIT %(step)s)
"""
_LOCK: LiteralString = f"""
SELECT id FROM tasks t
WHERE id = ANY (%(ids)s::uuid[]) AND id BETWEEN %(low)s AND %(high)s AND cleaned_at IS NULL
    AND coalesce(finished_at, updated_at) < now() - make_interval(days => CASE
        WHEN state = 'failed' THEN %(failed)s
        WHEN state IN ('succeeded', 'cancelled', 'expired') THEN {DAYS_OF_KIND}
        END)
    AND coalesce(result_kept_until, '-infinity') < now()
ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
"""  # noqa: S608 -- a constant
_CLEAN = """
UPDATE tasks SET payload = '{}', result = NULL, error = error - 'traceback', cleaned_at = now()
WHERE id = ANY (%(ids)s::uuid[]) AND id BETWEEN %(low)s AND %(high)s
"""
_CLEAN_HISTORY = """
UPDATE task_history SET data = data #- '{error,traceback}'
WHERE task_id = ANY (%(ids)s::uuid[]) AND task_id BETWEEN %(low)s AND %(high)s
    AND data #> '{error,traceback}' IS NOT NULL
"""
_ARTIFACTS = "SELECT id FROM artifacts WHERE task_id = ANY (%s::uuid[]) ORDER BY id FOR UPDATE"


def clean_ended_tasks(
    connection: Connection[Any],
    settings: HousekeepingSettings,
    failed_days: int,
    tally: Tally,
    check: Check,
) -> int:
    """Clean up after every task whose age has passed; returns how many there were.

    A task that somebody has locked is left for the next run: it may be starting again.
    """
    ages = {"failed": failed_days, **ages_by_kind(settings)}
    youngest = min(failed_days, settings.artifact_days, *settings.artifact_days_by_kind.values())
    ((now, _),) = connection.execute(
        _WINDOW, {"after": _FIRST, "below": _FIRST, "step": 0}
    ).fetchall()
    below = lowest_id(now - timedelta(days=youngest))
    cleaned, after = 0, _FIRST
    while True:
        check()
        values = {"after": after, "below": below, "step": _STEP}
        ((_, ids),) = connection.execute(_WINDOW, values).fetchall()
        if not ids:
            return cleaned
        cleaned += _clean(connection, ids, ages, tally)
        after = ids[-1]


def _clean(
    connection: Connection[Any], window: list[UUID], ages: dict[str, Any], tally: Tally
) -> int:
    with connection.transaction():
        values = {"ids": window, "low": window[0], "high": window[-1], **ages}
        ids = [row[0] for row in connection.execute(_LOCK, values)]
        if not ids:
            return 0
        artifacts = [row[0] for row in connection.execute(_ARTIFACTS, [ids])]
        if artifacts:
            delete_rows(connection, artifacts, tally)
        if not tally.dry_run:
            chosen = {"ids": ids, "low": ids[0], "high": ids[-1]}
            connection.execute(_CLEAN, chosen)
            connection.execute(_CLEAN_HISTORY, chosen)
        return len(ids)
