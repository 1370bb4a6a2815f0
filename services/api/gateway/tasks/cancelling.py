"""POST /api/v1/tasks/{id}/cancel."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from gateway.authentication import Caller, requires
from gateway.composition import Gateway, gateway_of
from gateway.customers.keys import Scope
from gateway.idempotency.route import OnceRoute
from gateway.problems import TaskEnded
from gateway.tasks.cancellation import cancel_task as cancel
from gateway.tasks.ownership import visible_task
from gateway.tasks.schemas import TaskStatus
from warren.contracts.states import TaskState

router = APIRouter(prefix="/api/v1/tasks", tags=["tasks"], route_class=OnceRoute)


@router.post(
    "/{task_id}/cancel",
    response_model=TaskStatus,
    responses={202: {"model": TaskStatus, "description": "A worker may be running it still"}},
)
async def cancel_task(
    task_id: UUID,
    caller: Annotated[Caller, Depends(requires(Scope.TASKS_WRITE))],
    gateway: Annotated[Gateway, Depends(gateway_of)],
) -> Response:
    """Cancel a task, for its owner and for operators.

    200 if it is `cancelled`, 202 if it is `cancelling`: a worker may have it, and ends it soon.
    Asked again, the answer is where it stands by then. 409 if it has ended in another way.
    """
    await visible_task(gateway, caller, task_id)
    answer = await gateway.transactions.run(
        lambda connection: cancel(connection, task_id, caller.actor)
    )
    if answer.came_too_late:
        raise TaskEnded(
            f"task {task_id} has {answer.state.value} already", state=answer.state.value
        )
    status = TaskStatus.of(await visible_task(gateway, caller, task_id))
    return Response(
        status.model_dump_json(),
        200 if status.status is TaskState.CANCELLED else 202,
        media_type="application/json",
    )
