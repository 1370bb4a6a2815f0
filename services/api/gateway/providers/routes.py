"""GET /api/v1/providers."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from gateway.authentication import Caller, requires
from gateway.composition import Gateway, gateway_of
from gateway.customers.keys import Scope

router = APIRouter(prefix="/api/v1/providers", tags=["providers"])

# A hold is told by each process that heeds it, with the seconds that were left at its beat.
_HOLDS = """
SELECT h.provider, h.reason, max(w.beat_at + make_interval(secs => h.seconds)) AS until,
    count(*) AS processes, array_agg(DISTINCT w.service ORDER BY w.service) AS services
FROM workers w CROSS JOIN LATERAL jsonb_to_recordset(coalesce(w.beat -> 'holds', '[]'))
    AS h (provider text, reason text, seconds float)
WHERE w.beat_at > now() - interval '30 seconds'
    AND w.beat_at + make_interval(secs => h.seconds) > now()
GROUP BY h.provider, h.reason ORDER BY h.provider, h.reason
"""


class ProviderHold(BaseModel):
    """A provider that workers leave alone until then.

    `reason`: it `asked` for that (Retry-After), or it is `failing` and its circuit open.
    `processes` say so, of these services.
    """

    provider: str
    reason: str
    until: datetime
    processes: int
    services: list[str]


class ProviderHolds(BaseModel):
    """All that hold; they fit on one page."""

    items: list[ProviderHold]
    next_cursor: str | None = None


@router.get("")
async def list_holds(
    _: Annotated[Caller, Depends(requires(Scope.OPERATE))],
    gateway: Annotated[Gateway, Depends(gateway_of)],
) -> ProviderHolds:
    """The providers that live workers leave alone, as their last beats told (operators only)."""
    async with gateway.pool.connection() as connection:
        rows = await (await connection.execute(_HOLDS)).fetchall()
    return ProviderHolds(items=[ProviderHold(**row) for row in rows])
