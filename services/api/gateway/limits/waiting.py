"""Why a due task has not been published yet, found out when somebody asks."""

from typing import LiteralString
from uuid import UUID

from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import DictRow, TupleRow, tuple_row

from gateway.limits.admission import BUCKETS, GROUPS, bucket_now
from gateway.limits.rules import RULES, KindRules, kind_rules
from warren.contracts.limit_key import LimitKey, kind_of
from warren.contracts.states import WaitingFor

_ROW: LiteralString = """
SELECT limit_key, EXISTS (SELECT FROM queue_controls c
        WHERE c.queue = outbox.queue AND c.paused_at IS NOT NULL),
    EXISTS (SELECT FROM workers WHERE workers.beat_at > now() - interval '30 seconds'
        AND workers.beat -> 'queues' ? outbox.queue)
FROM outbox WHERE task_id = %s AND available_at <= now()
ORDER BY generation DESC, dispatch DESC LIMIT 1
"""


async def why_waiting(connection: AsyncConnection[DictRow], task_id: UUID) -> WaitingFor | None:
    """What keeps the task's due row from the broker; None if it has no such row."""
    async with connection.cursor(row_factory=tuple_row) as cursor:
        row = await (await cursor.execute(_ROW, [task_id])).fetchone()
        if row is None:
            return None
        limit_key, is_paused, has_worker = row
        if is_paused:
            return WaitingFor.PAUSED
        if not has_worker:
            return WaitingFor.NO_WORKER
        return await _limit(cursor, LimitKey.parse(limit_key)) or WaitingFor.WINDOW


async def _limit(cursor: AsyncCursor[TupleRow], key: LimitKey) -> WaitingFor | None:
    if not str(key):
        return None
    rules = await _rules(cursor, kind_of(key.group))
    if rules.concurrency is not None and key.group:
        for _, held in await (await cursor.execute(GROUPS, [[key.group]])).fetchall():
            if held >= rules.concurrency:
                return WaitingFor.CONCURRENCY
    rules = await _rules(cursor, kind_of(key.bucket))
    if rules.rate is not None and key.bucket:
        for _, *columns in await (await cursor.execute(BUCKETS, [[key.bucket]])).fetchall():
            if bucket_now(rules.rate, *columns).available(rules.rate) == 0:
                return WaitingFor.RATE
    return None


async def _rules(cursor: AsyncCursor[TupleRow], kind: str) -> KindRules:
    for found, *columns in await (await cursor.execute(RULES)).fetchall():
        if found == kind:
            return kind_rules(*columns)
    return KindRules()
