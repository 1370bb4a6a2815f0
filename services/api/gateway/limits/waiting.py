"""Why due tasks have not been published yet, found out when somebody asks."""

from collections.abc import Mapping, Sequence
from typing import LiteralString
from uuid import UUID

from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import DictRow, TupleRow, tuple_row

from gateway.limits.admission import BUCKETS, GROUPS, bucket_now
from gateway.limits.rules import RULES, KindRules, kind_rules
from warren.contracts.limit_key import LimitKey, kind_of
from warren.contracts.states import WaitingFor

_ROWS: LiteralString = """
SELECT w.id, due.* FROM unnest(%s::uuid[]) AS w (id), LATERAL (
    SELECT limit_key, EXISTS (SELECT FROM queue_controls c
            WHERE c.queue = outbox.queue AND c.paused_at IS NOT NULL),
        EXISTS (SELECT FROM workers WHERE workers.beat_at > now() - interval '30 seconds'
            AND workers.beat -> 'queues' ? outbox.queue)
    FROM outbox WHERE task_id = w.id AND available_at <= now()
    ORDER BY generation DESC, dispatch DESC LIMIT 1) due
"""


async def why_waiting(
    connection: AsyncConnection[DictRow], task_ids: Sequence[UUID]
) -> Mapping[UUID, WaitingFor]:
    """What keeps the due row of each task from the broker; of tasks that have no such row, nothing.

    Raises psycopg.Error.
    """
    async with connection.cursor(row_factory=tuple_row) as cursor:
        rows = await (await cursor.execute(_ROWS, [task_ids])).fetchall()
        free = {row[1] for row in rows if not row[2] and row[3]}
        limited = [key for key in free if key]
        rules = await _rules(cursor) if limited else {}
        limits = {key: await _limit(cursor, LimitKey.parse(key), rules) for key in limited}
    return {
        task_id: _reason(is_paused, has_worker, limits.get(limit_key))
        for task_id, limit_key, is_paused, has_worker in rows
    }


def _reason(is_paused: bool, has_worker: bool, limit: WaitingFor | None) -> WaitingFor:
    if is_paused:
        return WaitingFor.PAUSED
    if not has_worker:
        return WaitingFor.NO_WORKER
    return limit or WaitingFor.WINDOW


async def _limit(
    cursor: AsyncCursor[TupleRow], key: LimitKey, all_rules: Mapping[str, KindRules]
) -> WaitingFor | None:
    rules = all_rules.get(kind_of(key.group), KindRules())
    if rules.concurrency is not None and key.group:
        for _, held in await (await cursor.execute(GROUPS, [[key.group]])).fetchall():
            if held >= rules.concurrency:
                return WaitingFor.CONCURRENCY
    rules = all_rules.get(kind_of(key.bucket), KindRules())
    if rules.rate is not None and key.bucket:
        for _, *columns in await (await cursor.execute(BUCKETS, [[key.bucket]])).fetchall():
            if bucket_now(rules.rate, *columns).available(rules.rate) == 0:
                return WaitingFor.RATE
    return None


async def _rules(cursor: AsyncCursor[TupleRow]) -> Mapping[str, KindRules]:
    rows = await (await cursor.execute(RULES)).fetchall()
    return {kind: kind_rules(*columns) for kind, *columns in rows}
