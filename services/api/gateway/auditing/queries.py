"""Reading the audit."""

from datetime import datetime
from typing import Annotated, LiteralString
from uuid import UUID

from psycopg.rows import DictRow
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from gateway.database import Pool

# PostgreSQL stores no NUL.
Text = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]

# `action` is one action, or the noun of several.
_CONDITIONS: dict[str, LiteralString] = {
    "actor": "actor = %(actor)s",
    "action": "(action = %(action)s OR split_part(action, '.', 1) = %(action)s)",
    "target": "target = %(target)s",
    "customer_id": "customer_id = %(customer_id)s",
    "since": "at >= %(since)s",
    "until": "at < %(until)s",
}
_PAGE: LiteralString = """
SELECT id, at, actor, action, target, customer_id, details FROM audit_entries
WHERE id < %(below)s
"""
_NEXT: LiteralString = " ORDER BY id DESC LIMIT %(limit)s"
LAST = 10**18


class AuditFilter(BaseModel):
    """All that is given must hold; `since` is included, `until` is not."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    actor: Text | None = None
    action: Text | None = None
    target: Text | None = None
    customer_id: UUID | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None


async def page_of_entries(
    pool: Pool, chosen: AuditFilter, *, below: int, limit: int
) -> list[DictRow]:
    """At most `limit` entries of the filter with ids below `below`, newest first."""
    given: dict[str, str | UUID | datetime] = chosen.model_dump(exclude_none=True)
    conditions = [_CONDITIONS[name] for name in given]
    query = " AND ".join([_PAGE, *conditions]) + _NEXT
    async with pool.connection() as connection:
        cursor = await connection.execute(query, {**given, "below": below, "limit": limit})
        return await cursor.fetchall()
