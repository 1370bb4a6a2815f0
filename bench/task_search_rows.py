"""Ten million tasks as a year leaves them: weeks of partitions, filled side by side."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

import psycopg
from psycopg import sql

from warren.contracts.ids import lowest_id

#: As many as a summary is kept.
DAYS = 400
CUSTOMERS = 2_000
KINDS = 40
USERS = 100_000
#: So many tasks, of customers with many and with few.
RARE_KIND, RARE_TASKS = "rare.kind", 20
_WEEK = timedelta(days=7)
_CONNECTIONS = 2

_EXISTS = "SELECT to_regclass(%s) IS NOT NULL"
_CREATE = """
CREATE TABLE {table} (LIKE tasks INCLUDING DEFAULTS INCLUDING CONSTRAINTS) WITH (fillfactor = 70)
"""
_ATTACH = "ALTER TABLE tasks ATTACH PARTITION {table} FOR VALUES FROM ({low}) TO ({high})"
# A kind, a customer and a user have very different numbers of tasks. Each payload names an order of
# its own. The fields of an error, and what is null, are as the recorder leaves them.
_FILL = """
INSERT INTO {table} (id, customer_id, user_id, actor, kind, version, queue, lane, payload, tags,
    state, ended_badly, rank, max_attempts, result, error, run_id, worker, created_at, queued_at,
    started_at, attempt_started_at, finished_at, processing_seconds, updated_at)
SELECT id, ('00000000-0000-4000-8000-' || lpad(to_hex(floor({customers} * power(chance, 4))::int),
        12, '0'))::uuid,
    CASE WHEN number % 2 = 0 THEN 'user-' || floor({users} * power(chance, 2))::int END,
    'key:01900000-0000-7000-8000-000000000001', kind, 1, split_part(kind, '.', 1) || '.default',
    'default',
    jsonb_build_object('text', 'The old harbour lay under a heavy grey sky, ' || noise
        || ', and nobody was awake but the night watch.', 'voice_name', 'voice-' || number % 9,
        'speed', 1.25, 'order', 'order-' || {week} || '-' || number),
    CASE WHEN number % 10 = 0 THEN ARRAY['nightly', 'shelf-' || number % 500] END,
    state, CASE WHEN state <> 'succeeded' THEN state END, 2, 4,
    CASE WHEN state = 'succeeded' THEN jsonb_build_object('artifact_id', id, 'media_type',
        'audio/mpeg', 'sha256', noise || noise, 'size_bytes', number, 'duration_seconds', 2.9) END,
    CASE WHEN state = 'failed' THEN jsonb_build_object('type', 'Error' || number % 23, 'message',
        'attempt at ' || noise || ' was refused by provider-' || number % 1009) END,
    id, 'worker-' || number % 7, moment, moment, moment + interval '1 s', moment + interval '1 s',
    moment + interval '4 s', 3, moment + interval '4 s'
FROM (
    SELECT number, moment, noise, chance,
        (lpad(to_hex(floor(extract(epoch FROM moment) * 1000)::bigint), 12, '0') || '7'
            || substr(noise, 1, 3) || '8' || substr(noise, 4, 15))::uuid AS id,
        'service' || least({kinds} - 1, floor({kinds} * power(pick, 3))::int) % 6 || '.kind_'
            || least({kinds} - 1, floor({kinds} * power(pick, 3))::int) AS kind,
        CASE WHEN fate < 0.03 THEN 'failed' WHEN fate < 0.04 THEN 'cancelled'
            WHEN fate < 0.042 THEN 'expired' ELSE 'succeeded' END AS state
    FROM (
        SELECT number, random() AS chance, random() AS pick, random() AS fate,
            md5({week} || '-' || number) AS noise,
            {begin}::timestamptz + number * ({end}::timestamptz - {begin}) / ({rows} + 1) AS moment
        FROM generate_series(1, {rows}) AS number OFFSET 0
    ) AS drawn
) AS rows
"""
_LIVE = """
WITH live AS (
    UPDATE tasks SET state = 'pending', ended_badly = NULL, rank = 0, result = NULL, error = NULL,
        finished_at = NULL
    WHERE id IN (SELECT id FROM tasks WHERE kind = %s AND customer_id <> %s
        ORDER BY id DESC LIMIT 2000) RETURNING *
)
INSERT INTO outbox (task_id, generation, dispatch, attempt, kind, version, queue, customer_id,
    available_at, limit_key)
SELECT id, 1, 1, 1, kind, version, queue, customer_id, created_at, '' FROM live
"""
# Spread over all weeks; every fourth has failed.
_RARE = """
UPDATE tasks SET kind = %(kind)s, queue = 'rare.default',
    customer_id = CASE WHEN number %% 2 = 0 THEN '00000000-0000-4000-8000-000000000001'
        ELSE tasks.customer_id END,
    state = CASE WHEN number %% 4 = 0 THEN 'failed' ELSE tasks.state END
FROM generate_series(1, %(tasks)s) AS number CROSS JOIN LATERAL (
    SELECT id FROM tasks t WHERE t.state = 'succeeded'
        AND t.id > uuid7_floor(now() - make_interval(days => %(days)s * number / (%(tasks)s + 1)))
    ORDER BY t.id LIMIT 1
) AS chosen WHERE tasks.id = chosen.id
"""


@dataclass(frozen=True, slots=True)
class Week:
    """A partition: its tasks are accepted evenly between `begin` and `end`."""

    number: int
    monday: datetime
    begin: datetime
    end: datetime
    rows: int

    @property
    def table(self) -> str:
        """As `ensure_partitions` calls it."""
        return f"tasks_{self.monday:%Y%m%d}"


def weeks_of(rows: int, now: datetime) -> list[Week]:
    """The weeks of DAYS until now, the earliest first, with so many tasks in all."""
    first = now - timedelta(days=DAYS)
    monday = datetime.combine(
        (first - timedelta(days=first.weekday())).date(), datetime.min.time(), UTC
    )
    weeks: list[Week] = []
    while monday < now:
        begin, end = max(monday, first), min(monday + _WEEK, now)
        share = round(rows * (end - begin) / (now - first))
        weeks.append(Week(len(weeks), monday, begin, end, share))
        monday += _WEEK
    return weeks


def fill(url: str, weeks: Sequence[Week]) -> None:
    """Write all tasks, a few of them unfinished, and let the planner know them."""
    with ThreadPoolExecutor(_CONNECTIONS) as pool:
        list(pool.map(partial(_fill_week, url), weeks))
    # Attaching waits for whoever else works on the table: one after the other.
    for week in weeks:
        _attach(url, week)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_LIVE, ["service0.kind_0", customer(0)])
        connection.execute(_RARE, {"kind": RARE_KIND, "days": DAYS, "tasks": RARE_TASKS})
        connection.execute("VACUUM (ANALYZE) tasks")


def customer(number: int) -> str:
    """The id of one; the lower its number, the more tasks it has."""
    return f"00000000-0000-4000-8000-{number:012x}"


def _fill_week(url: str, week: Week) -> None:
    table = sql.Identifier(week.table)
    with psycopg.connect(url) as connection:
        ((exists,),) = connection.execute(_EXISTS, [week.table]).fetchall()
        if not exists:
            connection.execute(sql.SQL(_CREATE).format(table=table))
        connection.execute(
            sql.SQL(_FILL).format(
                table=table,
                customers=sql.Literal(CUSTOMERS),
                users=sql.Literal(USERS),
                kinds=sql.Literal(KINDS),
                week=sql.Literal(week.number),
                rows=sql.Literal(week.rows),
                begin=sql.Literal(week.begin),
                end=sql.Literal(week.end),
            )
        )


def _attach(url: str, week: Week) -> None:
    attached = "SELECT relispartition FROM pg_class WHERE oid = %s::regclass"
    with psycopg.connect(url) as connection:
        ((done,),) = connection.execute(attached, [week.table]).fetchall()
        if not done:
            connection.execute(
                sql.SQL(_ATTACH).format(
                    table=sql.Identifier(week.table),
                    low=sql.Literal(lowest_id(week.monday)),
                    high=sql.Literal(lowest_id(week.monday + _WEEK)),
                )
            )
