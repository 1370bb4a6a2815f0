"""GET /api/v1/stats."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel

from gateway.authentication import Caller, requires
from gateway.composition import Gateway, gateway_of
from gateway.customers.keys import Scope
from gateway.problems import FieldError, InvalidFields

router = APIRouter(tags=["statistics"])

#: More are got by asking for a shorter time.
_MOST = 2_000
_DAY = timedelta(days=1)
_STATISTICS = """
SELECT series, at AS timestamp, data FROM statistics
WHERE at >= %(from)s AND at < %(to)s AND (%(series)s::text IS NULL OR series = %(series)s)
ORDER BY at, series LIMIT %(most)s
"""


class Series(StrEnum):
    """What was measured."""

    SYSTEM = "system"
    QUEUES = "queues"
    HEALTH = "health"


class Measurement(BaseModel):
    """`data` is the result of `api.system_stats`, `api.queue_stats` or `api.health_check`."""

    series: Series
    timestamp: datetime
    data: dict[str, Any]


class MeasurementList(BaseModel):
    """Oldest first, 2,000 at most."""

    items: list[Measurement]


@router.get("/api/v1/stats")
async def list_statistics(
    _: Annotated[Caller, Depends(requires(Scope.OPERATE))],
    gateway: Annotated[Gateway, Depends(gateway_of)],
    since: Annotated[AwareDatetime | None, Query(alias="from")] = None,
    until: Annotated[AwareDatetime | None, Query(alias="to")] = None,
    series: Series | None = None,
) -> MeasurementList:
    """What was measured `from` (included; a day before the end) `to` (excluded; now).

    Operators only.
    """
    end = until or datetime.now(UTC)
    begin = since or end - _DAY
    if begin >= end:
        raise InvalidFields([FieldError("from", "must lie before `to`")])
    values = {"from": begin, "to": end, "series": series, "most": _MOST}
    async with gateway.pool.connection() as connection:
        rows = await (await connection.execute(_STATISTICS, values)).fetchall()
    return MeasurementList(items=[Measurement(**row) for row in rows])
