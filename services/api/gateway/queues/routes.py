"""GET /api/v1/queues, and POST …/{name}/pause, resume and purge."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel

from gateway.authentication import Caller, requires
from gateway.composition import Gateway, gateway_of
from gateway.customers.keys import Scope
from gateway.housekeeping.jobs import BulkCancel
from gateway.idempotency.route import OnceRoute
from gateway.problems import NotFound
from gateway.queues.overview import QueueView, is_known, is_queue_name, pause, queues, resume
from gateway.tasks.bulk import DryRun, TaskCount, counted, submit_action
from gateway.tasks.schemas import TaskAccepted
from gateway.tasks.selection import CancelFilter, Cancellable

router = APIRouter(prefix="/api/v1/queues", tags=["queues"], route_class=OnceRoute)

Operator = Annotated[Caller, Depends(requires(Scope.OPERATE))]
App = Annotated[Gateway, Depends(gateway_of)]
_WAITING: tuple[Cancellable, ...] = ("scheduled", "pending", "retrying")


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
async def resume_queue(name: str, caller: Operator, gateway: App) -> QueueControl:
    """Go on publishing (operators only)."""
    _check(name)
    async with gateway.pool.connection() as connection:
        await resume(connection, name, caller.actor)
    return QueueControl(name=name, paused=False)


@router.post(
    "/{name}/purge",
    status_code=202,
    response_model=TaskAccepted,
    responses={200: {"model": TaskCount, "description": "Of a dry run"}},
)
async def purge_queue(
    request: Request, name: str, caller: Operator, gateway: App, dry_run: DryRun = False
) -> Response:
    """Cancel all that waits for this queue, whoever's it is: 202 with the task (operators only).

    What waits in the broker is cancelled there, by those who take it; what runs goes on. Tasks that
    are due later or wait for their next attempt are cancelled, too.
    """
    _check(name)
    async with gateway.pool.connection() as connection:
        if not await is_known(connection, name):
            raise NotFound(f"there is no queue {name}: no task, worker or job kind is of it")
    action = BulkCancel(filter=CancelFilter(queue=name, state=list(_WAITING)))
    if dry_run:
        return await counted(gateway, action.filter)
    return await submit_action(action, request, caller, gateway)


def _check(name: str) -> None:
    if not is_queue_name(name):
        raise NotFound(f"{name[:100]!r} is no queue: they are named <service>[.<pool>].<lane>")
