"""Reading the audit."""

from datetime import datetime
from typing import Annotated, LiteralString
from uuid import UUID

from psycopg.rows import DictRow
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from gateway.auditing.changes import WRITES, Action
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
_COLUMNS: LiteralString = "id, at, actor, action, target, customer_id, details"
_NEXT: LiteralString = "ORDER BY id DESC LIMIT %(limit)s"
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
    parts = [_page(table, list(given)) for table in _tables(chosen.action)]
    query = f"SELECT * FROM ({' UNION ALL '.join(parts)}) AS entries {_NEXT}"  # noqa: S608 -- literals
    async with pool.connection() as connection:
        cursor = await connection.execute(query, {**given, "below": below, "limit": limit})
        return await cursor.fetchall()


def _page(table: LiteralString, given: list[str]) -> LiteralString:
    """Each table's newest by its own indexes."""
    conditions = " AND ".join(["id < %(below)s", *(_CONDITIONS[name] for name in given)])
    return f"(SELECT {_COLUMNS} FROM {table} WHERE {conditions} {_NEXT})"  # noqa: S608 -- literals


def _tables(action: str | None) -> list[LiteralString]:
    """Where entries of this action, or of all with this noun, can be."""
    known = [a for a in Action if action in (None, a.value, a.value.partition(".")[0])]
    tables: list[LiteralString] = []
    if not all(a in WRITES for a in known) or not known:
        tables.append("audit_entries")
    if any(a in WRITES for a in known):
        tables.append("audit_writes")
    return tables
