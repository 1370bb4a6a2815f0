"""GET /api/v1/subscriptions."""

from datetime import datetime
from typing import Annotated, LiteralString

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from gateway.authentication import Caller, requires
from gateway.composition import Gateway, gateway_of
from gateway.customers.keys import Scope

router = APIRouter(prefix="/api/v1/subscriptions", tags=["events"])

_SUBSCRIPTIONS: LiteralString = """
SELECT event_type, kind, version, envelope, service, release, announced_at, retired_at,
    retired_because
FROM subscriptions
WHERE (%(event_type)s::text IS NULL OR event_type = %(event_type)s)
    AND (%(ended)s OR retired_at IS NULL)
ORDER BY event_type, kind
"""


class SubscriptionView(BaseModel):
    """Each event of `event_type` becomes a task of `kind`, until it is retired.

    `release` is the highest that announces it, `announced_at` when any did last (it may be noted
    half a minute late). `retired_because`: `withdrawn` by a release, or `not_announced` for 7 days.
    """

    event_type: str
    kind: str
    version: int
    envelope: bool
    service: str
    release: str
    announced_at: datetime
    retired_at: datetime | None
    retired_because: str | None


class SubscriptionList(BaseModel):
    """All of them; they fit on one page."""

    items: list[SubscriptionView]
    next_cursor: str | None = None


@router.get("")
async def list_subscriptions(
    _: Annotated[Caller, Depends(requires(Scope.OPERATE))],
    gateway: Annotated[Gateway, Depends(gateway_of)],
    event_type: str | None = None,
    ended: bool = False,
) -> SubscriptionList:
    """Who gets which events; with `ended` also who did (operators only)."""
    parameters = {"event_type": event_type, "ended": ended}
    async with gateway.pool.connection() as connection:
        rows = await (await connection.execute(_SUBSCRIPTIONS, parameters)).fetchall()
    return SubscriptionList(items=[SubscriptionView(**row) for row in rows])
