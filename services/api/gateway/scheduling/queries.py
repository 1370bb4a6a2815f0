"""Reading and writing schedules at somebody's request."""

from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from gateway.auditing.changes import Change
from gateway.authentication import Caller
from gateway.customers.holding import hold_key_beside
from gateway.customers.system import SYSTEM_CUSTOMER
from gateway.database import Pool, row_of, rows_of
from gateway.problems import NotFound, TooManySchedules

_SCHEDULES: LiteralString = """
SELECT s.*, c.plan, c.waiting_limit, now() AS now, t.state AS last_task_status
FROM schedules s LEFT JOIN customers c ON c.id = s.customer_id
    LEFT JOIN tasks t ON t.id = s.last_task_id
"""
# Somebody's own first, then what workers announce.
_FIND: LiteralString = f"""
{_SCHEDULES} WHERE (s.id = %(id)s OR (s.name = %(name)s AND s.customer_id = ANY(%(named)s)))
    AND (s.customer_id = %(customer)s OR %(operator)s)
ORDER BY s.customer_id = %(customer)s DESC, s.id = %(id)s DESC LIMIT 1
"""
_PAGE: LiteralString = f"""
{_SCHEDULES} WHERE (s.customer_id = %(customer)s OR %(operator)s) AND s.id > %(after)s
    AND (%(kind)s::text IS NULL OR s.kind = %(kind)s) ORDER BY s.id LIMIT %(limit)s
"""
_INSERT: LiteralString = """
INSERT INTO schedules (id, customer_id, name, kind, submission, cron, timezone, missed,
    jitter_seconds, enabled, as_operator, created_by, next_due_at, fire_at)
VALUES (%(id)s, %(customer)s, %(name)s, %(kind)s, %(submission)s, %(cron)s, %(timezone)s,
    %(missed)s, %(jitter_seconds)s, %(enabled)s, %(as_operator)s, %(by)s, %(due)s, %(fire_at)s)
ON CONFLICT DO NOTHING
"""
# Whoever else makes one of this customer's waits, and then counts this one, too.
_LOCK_CUSTOMER: LiteralString = "SELECT FROM customers WHERE id = %(customer)s FOR NO KEY UPDATE"
_COUNT: LiteralString = "SELECT count(*) AS rows FROM schedules WHERE customer_id = %(customer)s"
_CHANGE: LiteralString = """
UPDATE schedules SET submission = %(submission)s, cron = %(cron)s, timezone = %(timezone)s,
    missed = %(missed)s, jitter_seconds = %(jitter_seconds)s, enabled = %(enabled)s,
    next_due_at = %(due)s, fire_at = %(fire_at)s, updated_at = now(), revision = revision + 1
WHERE id = %(id)s AND revision = %(revision)s AND next_due_at = %(seen_due)s
"""


@dataclass(frozen=True, slots=True)
class ScheduleQueries:
    """Each caller's own schedules; for operators everybody's."""

    pool: Pool

    async def find(self, caller: Caller, reference: str) -> DictRow:
        """The schedule of this id or name; raises NotFound if there is none for `caller`."""
        values = {
            **_visible(caller),
            "id": _uuid(reference),
            "name": reference,
            "named": [caller.customer_id, SYSTEM_CUSTOMER],
        }
        row = await row_of(self.pool, _FIND, values)
        if row is None:
            raise NotFound(f"there is no schedule {reference[:100]!r}")
        return row

    async def page(
        self, caller: Caller, after: UUID, limit: int, kind: str | None
    ) -> list[DictRow]:
        """At most `limit` schedules behind `after`, by id."""
        values = {**_visible(caller), "after": after, "limit": limit, "kind": kind}
        return await rows_of(self.pool, _PAGE, values)

    async def insert(
        self, caller: Caller, values: dict[str, Any], change: Change, *, most: int
    ) -> bool:
        """False if the id is there already, or the customer has another of this name.

        Raises TooManySchedules if the customer had more than `most` with it.
        """
        async with self.pool.connection() as connection, connection.transaction():
            await hold_key_beside(connection, caller)
            await connection.execute(_LOCK_CUSTOMER, values)
            if not await _written(connection, _INSERT, values, change):
                return False
            (counted,) = await (await connection.execute(_COUNT, values)).fetchall()
            if counted["rows"] > most:
                raise TooManySchedules(f"you have {most} schedules; delete one you do not need")
            return True

    async def change(self, values: dict[str, Any], change: Change) -> bool:
        """False if it was changed or fired since it was read with `revision` and `seen_due`."""
        return await self._write(_CHANGE, values, change)

    async def delete(self, schedule_id: UUID, change: Change) -> None:
        """Delete it; tasks that it has made stay."""
        await self._write("DELETE FROM schedules WHERE id = %(id)s", {"id": schedule_id}, change)

    async def now(self) -> Any:
        """The database's clock."""
        rows = await rows_of(self.pool, "SELECT now() AS now")
        return rows[0]["now"]

    async def _write(
        self, statement: LiteralString, values: dict[str, Any], change: Change
    ) -> bool:
        async with self.pool.connection() as connection, connection.transaction():
            return await _written(connection, statement, values, change)


async def _written(
    connection: AsyncConnection[DictRow],
    statement: LiteralString,
    values: dict[str, Any],
    change: Change,
) -> bool:
    written = (await connection.execute(statement, values)).rowcount == 1
    if written:
        await change.record_beside(connection)
    return written


def _visible(caller: Caller) -> dict[str, Any]:
    return {"customer": caller.customer_id, "operator": caller.is_operator}


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
