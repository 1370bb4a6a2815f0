"""GET /api/v1/tasks/{id}/history: what has moved a task, page by page."""

from typing import Annotated, Any, LiteralString
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from psycopg.rows import DictRow

from gateway.authentication import Caller, requires
from gateway.awaiting.route import TaskRoute
from gateway.composition import Gateway, gateway_of
from gateway.customers.keys import Scope
from gateway.database import Pool
from gateway.paging import Limit, by_number, cut, malformed_cursor, number_in
from gateway.tasks.ownership import visible_task
from gateway.tasks.schemas import History, HistoryEntry

router = APIRouter(prefix="/api/v1/tasks", tags=["tasks"], route_class=TaskRoute)

# Numbers grow as entries are committed, which is not the order in which things happened.
_ORDER: LiteralString = (
    "generation, dispatch, recorded_at, type <> 'task.processing', type <> 'task.part', seq, number"
)
_FIRST: LiteralString = "SELECT * FROM task_history WHERE task_id = %(task)s"
_AFTER: LiteralString = f"""
{_FIRST} AND ({_ORDER}) > (
    SELECT {_ORDER} FROM task_history WHERE task_id = %(task)s AND number = %(after)s)
"""  # noqa: S608 -- constants of this module
_NEXT: LiteralString = f" ORDER BY {_ORDER} LIMIT %(limit)s"
_EXISTS: LiteralString = "SELECT FROM task_history WHERE task_id = %(task)s AND number = %(after)s"


@router.get("/{task_id}/history")
async def get_history(
    task_id: UUID,
    caller: Annotated[Caller, Depends(requires(Scope.TASKS_READ))],
    gateway: Annotated[Gateway, Depends(gateway_of)],
    cursor: Annotated[str | None, Query()] = None,
    limit: Limit = 50,
) -> History:
    """Every status that moved the task, oldest first."""
    after = None if cursor is None else number_in(cursor)
    await visible_task(gateway, caller, task_id)
    rows = await page_of_history(gateway.tasks.pool, task_id, after=after, limit=limit + 1)
    shown, more = cut(rows, limit, by_number)
    entries = [_entry(row, for_operator=caller.is_operator) for row in shown]
    return History(items=entries, next_cursor=more)


async def page_of_history(
    pool: Pool, task_id: UUID, *, after: int | None = None, limit: int = 500
) -> list[DictRow]:
    """At most `limit` recorded statuses behind the one numbered `after`, oldest first.

    Raises MalformedCursor if the task has none of that number.
    """
    values = {"task": task_id, "after": after, "limit": limit}
    query = (_FIRST if after is None else _AFTER) + _NEXT
    async with pool.connection() as connection:
        rows = await (await connection.execute(query, values)).fetchall()
        if rows or after is None:
            return rows
        if await (await connection.execute(_EXISTS, values)).fetchone() is None:
            raise malformed_cursor()
    return []


def _entry(row: DictRow, *, for_operator: bool) -> HistoryEntry:
    entry = HistoryEntry(**{name: row[name] for name in HistoryEntry.model_fields})
    return entry if for_operator else entry.model_copy(update={"data": _shown(entry.data)})


def _shown(data: dict[str, Any]) -> dict[str, Any]:
    """Without the traceback."""
    error = data.get("error")
    if not isinstance(error, dict):
        return data
    return {**data, "error": {name: error[name] for name in error if name != "traceback"}}
