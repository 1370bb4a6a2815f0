"""How the installation is: each part asked by itself, workers, and what waits in which queue."""

import asyncio
import shutil
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import LiteralString

import httpx
import psycopg
from psycopg_pool import PoolTimeout
from pydantic import BaseModel

from gateway.composition import Gateway
from gateway.health.checks import BrokerState
from gateway.queues.overview import QueueView, queues
from gateway.reconciling.statistics import oldest_pending
from gateway.workers.downstreams import told_downstreams
from warren.artifacts.opening import folder_of

#: Seconds that a part may take to answer, and for which an answer is believed.
_PATIENCE = 2.0
_REMEMBERED = 5.0
#: Seconds after which a change that the chatbot does not know, or a time that has passed, alarms.
_UNSYNCED = 3600.0
_LATE = 60
_LEAST_FREE = 0.05
_OVERDUE: LiteralString = """
SELECT count(*) AS late FROM schedules WHERE enabled AND retired_at IS NULL
    AND fire_at < now() - make_interval(secs => %s)
"""


class PartHealth(BaseModel):
    """`problem` is null while the part works."""

    latency_ms: float
    problem: str | None


class LaneHealth(BaseModel):
    """Processes that serve a lane of a service, and places where its jobs can run."""

    workers: int
    slots: int


class QueueHealth(BaseModel):
    """Tasks that wait unpublished (`pending` of them due), or have been handed to workers."""

    pending: int
    delayed: int
    unstarted: int
    running: int
    oldest_pending_seconds: float | None
    paused: bool


class HealthOverview(BaseModel):
    """`unhealthy`: nothing is accepted; `degraded`: a part fails, or nobody does what waits."""

    status: str
    checked_at: datetime
    parts: dict[str, PartHealth]
    #: By service and lane, `cpu.low` where a service has pools.
    workers: dict[str, dict[str, LaneHealth]]
    queues: dict[str, QueueHealth]
    pending: int
    oldest_pending_seconds: float | None


@dataclass(slots=True)
class HealthOverviews:
    """Makes overviews, at most one in five seconds, however many ask."""

    _known: HealthOverview | None = None
    _until: float = 0.0
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def overview(self, gateway: Gateway, broker: BrokerState) -> HealthOverview:
        """The newest one; never raises for what does not work."""
        async with self._lock:
            if self._known is None or time.monotonic() >= self._until:
                self._known = await _overview(gateway, broker)
                self._until = time.monotonic() + _REMEMBERED
            return self._known


async def _overview(gateway: Gateway, broker: BrokerState) -> HealthOverview:
    asked: dict[str, Awaitable[PartHealth]] = {
        "database": _timed(gateway.readiness.database),
        "broker": _broker(gateway, broker),
        "downstream": _timed(lambda: _downstream(gateway)),
        "schedules": _timed(lambda: _schedules(gateway)),
        "disk": _timed(lambda: _disk(gateway)),
    }
    if gateway.settings.search_url is not None:
        asked["search"] = _timed(lambda: _search(gateway))
    told, by_workers, found = await asyncio.gather(
        asyncio.gather(*asked.values()), _told_by_workers(gateway), _queues(gateway)
    )
    parts = {**by_workers, **dict(zip(asked, told, strict=True))}
    unserved = [q.name for q in found if q.due and not q.workers and not q.paused]
    if unserved:
        what = f"no worker takes what waits in {', '.join(unserved)}"
        parts["workers"] = PartHealth(latency_ms=0.0, problem=what)
    ages = [queue.oldest_due_seconds for queue in found if queue.oldest_due_seconds is not None]
    return HealthOverview(
        status=_status(parts),
        checked_at=datetime.now(UTC),
        parts=parts,
        workers=_by_lane(found),
        queues={queue.name: _shown(queue) for queue in found},
        pending=sum(queue.due for queue in found),
        oldest_pending_seconds=max(ages, default=None),
    )


def _status(parts: dict[str, PartHealth]) -> str:
    if parts["database"].problem:
        return "unhealthy"
    return "degraded" if any(part.problem for part in parts.values()) else "healthy"


async def _timed(ask: Callable[[], Awaitable[str | None]]) -> PartHealth:
    started = time.monotonic()
    try:
        async with asyncio.timeout(_PATIENCE):
            problem = await ask()
    except TimeoutError:
        problem = f"has not answered within {_PATIENCE:g} s"
    except (psycopg.Error, PoolTimeout):
        problem = "PostgreSQL does not answer"
    return PartHealth(latency_ms=round(1000 * (time.monotonic() - started), 1), problem=problem)


async def _broker(gateway: Gateway, broker: BrokerState) -> PartHealth:
    """As it was last asked, which is done all the time: also how long it took to confirm."""
    part = await _timed(lambda: gateway.readiness.broker(broker))
    if broker.round_trip is None:
        return part
    return PartHealth(latency_ms=round(1000 * broker.round_trip, 1), problem=part.problem)


async def _downstream(gateway: Gateway) -> str | None:
    count, age = await gateway.transactions.run(oldest_pending)
    if age <= _UNSYNCED:
        return None
    return f"{count} changes wait for the chatbot, the oldest for {age / 3600:.1f} h"


async def _told_by_workers(gateway: Gateway) -> dict[str, PartHealth]:
    """What they call, as they last found it; none while the database is away."""
    try:
        async with asyncio.timeout(_PATIENCE):
            told = await gateway.transactions.run(told_downstreams)
    except (TimeoutError, psycopg.Error, PoolTimeout):
        return {}
    return {
        name: PartHealth(latency_ms=each.latency_ms, problem=each.problem)
        for name, each in told.items()
    }


async def _schedules(gateway: Gateway) -> str | None:
    async with gateway.pool.connection() as connection:
        row = await (await connection.execute(_OVERDUE, [_LATE])).fetchone()
    late = row["late"] if row else 0
    return f"{late} are more than {_LATE} s late: does a scheduler run?" if late else None


async def _disk(gateway: Gateway) -> str | None:
    return await asyncio.to_thread(_shortage, gateway.settings.artifacts_url)


def _shortage(artifacts_url: str) -> str | None:
    folder = folder_of(artifacts_url)
    # A store elsewhere looks after itself; a folder is made with the first file.
    if folder is None or not folder.exists():
        return None
    usage = shutil.disk_usage(folder)
    if usage.free >= usage.total * _LEAST_FREE:
        return None
    return f"{usage.free >> 20} MiB are free where artifacts are stored"


async def _search(gateway: Gateway) -> str | None:
    url = f"{(gateway.settings.search_url or '').rstrip('/')}/readyz"
    try:
        async with httpx.AsyncClient(timeout=_PATIENCE, trust_env=False) as client:
            answer = await client.get(url)
    except httpx.HTTPError:
        return "the query process does not answer"
    return None if answer.is_success else f"the query process answers {answer.status_code}"


async def _queues(gateway: Gateway) -> list[QueueView]:
    """None while the database is away: its own part tells."""
    try:
        async with asyncio.timeout(_PATIENCE), gateway.pool.connection() as connection:
            return await queues(connection)
    except (TimeoutError, psycopg.Error, PoolTimeout):
        return []


def _by_lane(found: list[QueueView]) -> dict[str, dict[str, LaneHealth]]:
    lanes: dict[str, dict[str, LaneHealth]] = {}
    for queue in found:
        service, _, lane = queue.name.partition(".")
        lanes.setdefault(service, {})[lane] = LaneHealth(workers=queue.workers, slots=queue.slots)
    return lanes


def _shown(queue: QueueView) -> QueueHealth:
    return QueueHealth(
        pending=queue.due,
        delayed=queue.waiting - queue.due,
        unstarted=queue.unstarted,
        running=queue.in_flight - queue.unstarted,
        oldest_pending_seconds=queue.oldest_due_seconds,
        paused=queue.paused,
    )
