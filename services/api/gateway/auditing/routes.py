"""GET /api/v1/audit."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from gateway.auditing.queries import LAST, AuditFilter, page_of_entries
from gateway.auditing.schemas import AuditList, AuditView
from gateway.authentication import Caller, requires
from gateway.composition import Gateway, gateway_of
from gateway.customers.keys import Scope
from gateway.paging import by_id, cut, number_in

router = APIRouter(prefix="/api/v1/audit", tags=["audit"])


class AuditPage(AuditFilter):
    """The filter of a list, and which part of it."""

    cursor: str | None = None
    limit: Annotated[int, Query(ge=1, le=500)] = 50


@router.get("")
async def list_entries(
    page: Annotated[AuditPage, Query()],
    _: Annotated[Caller, Depends(requires(Scope.OPERATE, Scope.ADMIN))],
    gateway: Annotated[Gateway, Depends(gateway_of)],
) -> AuditList:
    """Who has changed what, newest first (operators and administrators only).

    `action` is one, such as `queue.paused`, or a noun that stands before the dot, such as `key`.
    Entries are kept for 400 days (`WARREN_AUDIT_DAYS`), those of single writes, such as
    `task.cancelled` and `catalogue.item_written`, for 90 (`WARREN_AUDIT_WRITES_DAYS`).
    """
    chosen = AuditFilter.model_validate(page.model_dump(include=set(AuditFilter.model_fields)))
    rows = await page_of_entries(
        gateway.pool,
        chosen,
        below=number_in(page.cursor) if page.cursor else LAST,
        limit=page.limit + 1,
    )
    shown, more = cut(rows, page.limit, by_id)
    return AuditList(items=[AuditView(**row) for row in shown], next_cursor=more)
