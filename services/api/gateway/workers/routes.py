"""GET /api/v1/workers."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from gateway.authentication import Caller, requires
from gateway.composition import Gateway, gateway_of
from gateway.customers.keys import Scope

router = APIRouter(tags=["workers"])

_ALIVE = """
SELECT name, service, started_at, beat_at, beat ->> 'release' AS release,
    beat ->> 'host' AS host, (beat ->> 'pid')::int AS pid, beat -> 'queues' AS queues,
    (beat ->> 'slots_total')::int AS slots_total, (beat ->> 'slots_busy')::int AS slots_busy,
    (beat ->> 'stopping')::boolean AS stopping
FROM workers WHERE beat_at > now() - interval '30 seconds' ORDER BY service, name, incarnation
"""


class WorkerView(BaseModel):
    """A process that has beaten within the last 30 s."""

    name: str
    service: str
    release: str
    host: str
    pid: int
    queues: list[str]
    slots_total: int
    slots_busy: int
    stopping: bool
    started_at: datetime
    beat_at: datetime


class WorkerList(BaseModel):
    """All live processes; they fit on one page."""

    items: list[WorkerView]
    next_cursor: str | None = None


@router.get("/api/v1/workers")
async def list_workers(
    _: Annotated[Caller, Depends(requires(Scope.OPERATE))],
    gateway: Annotated[Gateway, Depends(gateway_of)],
) -> WorkerList:
    """The live processes of all services (operators only)."""
    async with gateway.pool.connection() as connection:
        rows = await (await connection.execute(_ALIVE)).fetchall()
    return WorkerList(items=[WorkerView(**row) for row in rows])
