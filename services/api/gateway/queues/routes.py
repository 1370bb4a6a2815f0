"""GET /api/v1/queues, and POST …/{name}/pause and resume."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from gateway.authentication import Caller, requires
from gateway.composition import Gateway, gateway_of
from gateway.customers.keys import Scope
from gateway.idempotency.route import OnceRoute
from gateway.problems import NotFound
from gateway.queues.overview import QueueView, is_queue_name, pause, queues, resume

router = APIRouter(prefix="/api/v1/queues", tags=["queues"], route_class=OnceRoute)

Operator = Annotated[Caller, Depends(requires(Scope.OPERATE))]
App = Annotated[Gateway, Depends(gateway_of)]


class QueueList(BaseModel):
    """All queues; they fit on one page."""

    items: list[QueueView]
    next_cursor: str | None = None


class QueueControl(BaseModel):
    """What an operator has said about a queue."""

    name: str
    paused: bool


@router.get("")
async def list_queues(_: Operator, gateway: App) -> QueueList:
    """Queues with tasks, workers or a pause (operators only)."""
    async with gateway.pool.connection() as connection:
        return QueueList(items=await queues(connection))


@router.post("/{name}/pause")
async def pause_queue(name: str, caller: Operator, gateway: App) -> QueueControl:
    """Publish nothing more of this queue until it is resumed (operators only).

    Tasks are accepted as ever. What is in the broker already, at most a window, still runs.
    """
    _check(name)
    async with gateway.pool.connection() as connection:
        await pause(connection, name, caller.actor)
    return QueueControl(name=name, paused=True)


@router.post("/{name}/resume")
async def resume_queue(name: str, _: Operator, gateway: App) -> QueueControl:
    """Go on publishing (operators only)."""
    _check(name)
    async with gateway.pool.connection() as connection:
        await resume(connection, name)
    return QueueControl(name=name, paused=False)


def _check(name: str) -> None:
    if not is_queue_name(name):
        raise NotFound(f"{name[:100]!r} is no queue: they are named <service>[.<pool>].<lane>")
