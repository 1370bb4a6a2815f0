"""GET /api/v1/alerts."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from gateway.authentication import Caller, requires
from gateway.composition import Gateway, gateway_of
from gateway.customers.keys import Scope

router = APIRouter(tags=["alerts"])

_ALERTS = """
SELECT id, name, subject, message, raised_at, cleared_at FROM alerts
WHERE cleared_at IS NULL OR %s ORDER BY raised_at DESC, id DESC LIMIT 500
"""


class AlertView(BaseModel):
    """Something that needs a person, until it is cleared."""

    id: UUID
    name: str
    subject: str
    message: str
    raised_at: datetime
    cleared_at: datetime | None


class AlertList(BaseModel):
    """The newest 500 at most."""

    items: list[AlertView]
    next_cursor: str | None = None


@router.get("/api/v1/alerts")
async def list_alerts(
    _: Annotated[Caller, Depends(requires(Scope.OPERATE))],
    gateway: Annotated[Gateway, Depends(gateway_of)],
    cleared: bool = False,
) -> AlertList:
    """Open alerts, newest first; with `cleared=true` also those of the last 30 days that are over.

    Operators only.
    """
    async with gateway.pool.connection() as connection:
        rows = await (await connection.execute(_ALERTS, [cleared])).fetchall()
    return AlertList(items=[AlertView(**row) for row in rows])
