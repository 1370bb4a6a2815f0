"""Reading the audit."""

from typing import Annotated, Any, LiteralString
from uuid import UUID

from psycopg.rows import DictRow
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from gateway.auditing.changes import Action
from gateway.database import Pool

# PostgreSQL stores no NUL.
Text = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]

_CONDITIONS: dict[str, LiteralString] = {
    "actor": "actor = %(actor)s",
    "action": "action = ANY (%(action)s)",
    "target": "target = %(target)s",
    "customer_id": "customer_id = %(customer_id)s",
    "since": "at >= %(since)s",
    "until": "at < %(until)s",
}
#: What few entries have in common, of which each is found by an index.
_NARROW = {"actor", "target", "customer_id"}
_COLUMNS: LiteralString = "id, at, actor, action, target, customer_id, details"
_NEXT: LiteralString = "ORDER BY id DESC LIMIT %(limit)s"
# Entries of an action are in the order of its index alone: by "=" the planner may walk the newest
# of all, as it cannot know that those of this action are old.
_BY_ACTION: LiteralString = """(
    SELECT newest.* FROM unnest(%(action)s::text[]) AS chosen (action)
    CROSS JOIN LATERAL (
        SELECT {columns} FROM {table} told WHERE told.action >= chosen.action
            AND (told.action, told.id) < (chosen.action, %(below)s) AND {conditions}
        ORDER BY told.action DESC, told.id DESC LIMIT %(limit)s
    ) AS newest
)"""
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
    query, values = page_statement(chosen, below=below, limit=limit)
    async with pool.connection() as connection:
        cursor = await connection.execute(query, values)
        return await cursor.fetchall()


def page_statement(
    chosen: AuditFilter, *, below: int, limit: int
) -> tuple[LiteralString, dict[str, Any]]:
    """What reads them: each table's newest by its own indexes, and the newest of these."""
    given = chosen.model_dump(exclude_none=True)
    is_by_action = chosen.action is not None and not given.keys() & _NARROW
    names = given.keys() - {"action"} if is_by_action else given.keys()
    conditions: LiteralString = " AND ".join(
        ["id < %(below)s", *(each for name, each in _CONDITIONS.items() if name in names)]
    )
    newest = _newest_of_actions if is_by_action else _newest
    parts = [newest("audit_entries", conditions), newest("audit_writes", conditions)]
    values = {**given, "below": below, "limit": limit, "action": _actions(chosen.action or "")}
    return f"SELECT * FROM ({' UNION ALL '.join(parts)}) AS entries {_NEXT}", values  # noqa: S608 -- literals


def _newest(table: LiteralString, conditions: LiteralString) -> LiteralString:
    return f"(SELECT {_COLUMNS} FROM {table} WHERE {conditions} {_NEXT})"  # noqa: S608 -- literals


def _newest_of_actions(table: LiteralString, conditions: LiteralString) -> LiteralString:
    return _BY_ACTION.format(columns=_COLUMNS, table=table, conditions=conditions)


def _actions(wanted: str) -> list[str]:
    """This action, or all of which it is the noun."""
    return [each.value for each in Action if wanted == each.partition(".")[0]] or [wanted]
