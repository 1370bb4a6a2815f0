"""Counting what the database knows of the system as a whole."""

from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection

from gateway.books.statistics import book_numbers
from gateway.catalogue.statistics import catalogue_numbers
from gateway.customers.system import SYSTEM_CUSTOMER
from gateway.housekeeping.statistics.jobs import SpeechNumbers, SystemReport
from gateway.images.statistics import image_numbers
from gateway.reconciling.statistics import sync_numbers
from warren.contracts.ids import lowest_id

#: Sums over all tasks of weeks take long, and suit no index.
_FOR_SUMS = """
SELECT set_config('statement_timeout', '300s', true), set_config('enable_seqscan', 'on', true),
    set_config('enable_hashjoin', 'on', true), set_config('plan_cache_mode', 'auto', true)
"""
_TASKS = """
SELECT kind, state, count(*), sum(processing_seconds) FROM tasks WHERE id >= %s
GROUP BY kind, state ORDER BY kind, state
"""
_USERS = """
SELECT count(*) FROM (SELECT DISTINCT customer_id, user_id FROM tasks WHERE id >= %s
    AND customer_id <> %s) AS users
"""
# Seen with a key, which notes its use to within a minute, or by the SQL function warren_enqueue.
_SESSIONS = """
SELECT count(*) FROM (
    SELECT customer_id FROM api_keys WHERE last_used_at >= %(since)s
    UNION SELECT customer_id FROM tasks WHERE id >= %(lowest)s AND starts_with(actor, 'sql:')
) AS seen WHERE customer_id <> %(system)s
"""
_LENGTHS = """
SELECT regexp_replace(queue, '^.*\\.', ''), count(*) FROM (
    SELECT queue FROM outbox WHERE available_at <= now()
    UNION ALL SELECT queue FROM in_flight WHERE started_at IS NULL) AS waiting
GROUP BY 1 ORDER BY 1
"""
_OTHERS = """
SELECT (SELECT count(DISTINCT task_id) FROM artifacts WHERE media_type LIKE 'audio/%'),
    (SELECT count(*) FROM workers WHERE beat_at > now() - interval '30 seconds'
        AND NOT coalesce((beat ->> 'stopping')::boolean, false)),
    (SELECT count(*) FROM outbox WHERE attempt > 1),
    (SELECT count(*) FROM dead_letters WHERE resolution IS NULL)
"""
_SESSION = timedelta(minutes=15)

Counts = dict[str, dict[str, int]]


def measure_system(connection: Connection[Any], days: int) -> SystemReport:
    """Count everything as it is in one moment; tasks that were accepted within `days`."""
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        connection.execute(_FOR_SUMS)
        now: datetime = _one(connection, "SELECT now()")[0]
        since = now - timedelta(days=days)
        bound = [lowest_id(since)]
        rows = connection.execute(_TASKS, bound).fetchall()
        audio, workers, retries, letters = _one(connection, _OTHERS)
        images = image_numbers(connection)
        tasks: Counts = {}
        for kind, state, count, _ in rows:
            tasks.setdefault(kind, {})[state] = count
        return SystemReport(
            timestamp=now,
            since=since,
            tasks=tasks,
            users_total=_one(connection, _USERS, [*bound, SYSTEM_CUSTOMER])[0],
            **book_numbers(connection),
            images_generated=sum(numbers.images for numbers in images.values()),
            audio_files=audio,
            active_sessions=_active_sessions(connection, now - _SESSION),
            queue_lengths=dict(connection.execute(_LENGTHS).fetchall()),
            workers=workers,
            retry_backlog=retries,
            open_dead_letters=letters,
            speech=_speech([row for row in rows if row[0].startswith("tts.synthesize")]),
            catalogue=catalogue_numbers(connection),
            images=images,
            in_step=sync_numbers(connection),
        )


def _active_sessions(connection: Connection[Any], since: datetime) -> int:
    values = {"since": since, "lowest": lowest_id(since), "system": SYSTEM_CUSTOMER}
    found: int = _one(connection, _SESSIONS, values)[0]
    return found


def _speech(rows: list[Any]) -> SpeechNumbers:
    counts = {"succeeded": 0, "failed": 0}
    seconds = 0.0
    for _, state, count, spent in rows:
        if state in counts:
            counts[state] += count
        if state == "succeeded":
            seconds += spent
    completed, failed = counts["succeeded"], counts["failed"]
    ended = completed + failed
    return SpeechNumbers(
        total_requests=sum(row[2] for row in rows),
        completed_requests=completed,
        failed_requests=failed,
        success_rate=round(completed / ended, 4) if ended else 0.0,
        avg_processing_time=round(seconds / completed, 3) if completed else 0.0,
    )


def _one(connection: Connection[Any], query: Any, values: Any = None) -> Any:
    ((*columns,),) = connection.execute(query, values).fetchall()
    return columns
