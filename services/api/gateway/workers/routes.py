"""GET /api/v1/workers."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from gateway.authentication import Caller, requires
from gateway.composition import Gateway, gateway_of
from gateway.customers.keys import Scope

router = APIRouter(prefix="/api/v1/workers", tags=["workers"])

# A process is silent after 30 s; the housekeeper then notes it as lost, and forgets it after a day.
_WORKERS = """
WITH known AS (
    SELECT incarnation, name, service, started_at, beat_at, lost_at, beat,
        CASE WHEN (beat ->> 'stopping')::boolean
            THEN CASE WHEN silent THEN 'stopped' ELSE 'stopping' END
            ELSE CASE WHEN silent OR lost_at IS NOT NULL THEN 'lost' ELSE 'live' END
        END AS state
    FROM workers CROSS JOIN LATERAL (SELECT beat_at <= now() - interval '30 seconds') AS s (silent)
)
SELECT incarnation, name, service, state, started_at, beat_at, lost_at,
    beat ->> 'release' AS release, beat ->> 'host' AS host, (beat ->> 'pid')::integer AS pid,
    beat -> 'queues' AS queues, (beat ->> 'slots_total')::integer AS slots_total,
    (beat ->> 'slots_busy')::integer AS slots_busy, beat -> 'runs' AS runs,
    jsonb_array_length(beat -> 'prefetched') AS held,
    (beat ->> 'cpu_percent')::float AS cpu_percent,
    (beat ->> 'memory_bytes')::bigint AS memory_bytes,
    (beat ->> 'stopping')::boolean AS stopping
FROM known WHERE %(state)s::text IS NULL OR state = %(state)s
ORDER BY service, name, started_at, incarnation
"""


class WorkerState(StrEnum):
    """`stopped` said so with its last beat; `lost` fell silent without a word."""

    LIVE = "live"
    STOPPING = "stopping"
    STOPPED = "stopped"
    LOST = "lost"


class WorkerView(BaseModel):
    """A process, as its last beat told; `incarnation` names this one life of it.

    `runs` are executions whose outcome is not confirmed yet, `held` counts these and the messages
    that wait for a free slot. CPU in percent of one core, memory in bytes.
    """

    incarnation: str
    name: str
    service: str
    state: WorkerState
    release: str
    host: str
    pid: int
    queues: list[str]
    slots_total: int
    slots_busy: int
    runs: list[str]
    held: int
    cpu_percent: float
    memory_bytes: int
    stopping: bool
    started_at: datetime
    beat_at: datetime
    lost_at: datetime | None


class WorkerList(BaseModel):
    """All processes of the last day; they fit on one page."""

    items: list[WorkerView]
    next_cursor: str | None = None


@router.get("")
async def list_workers(
    _: Annotated[Caller, Depends(requires(Scope.OPERATE))],
    gateway: Annotated[Gateway, Depends(gateway_of)],
    state: WorkerState | None = None,
) -> WorkerList:
    """The processes of all services that have beaten within a day (operators only)."""
    parameters = {"state": state.value if state else None}
    async with gateway.pool.connection() as connection:
        rows = await (await connection.execute(_WORKERS, parameters)).fetchall()
    return WorkerList(items=[WorkerView(**row) for row in rows])
