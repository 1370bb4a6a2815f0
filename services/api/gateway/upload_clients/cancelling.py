"""POST /api/v1/tasks/{id}/cancel/."""

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from gateway.authentication import Caller, requires
from gateway.composition import Gateway, gateway_of
from gateway.customers.keys import Scope
from gateway.problems import NotFound
from gateway.tasks.cancellation import cancel_task as cancel
from gateway.upload_clients.answers import answer, refusal
from gateway.upload_clients.finding import UNKNOWN, task_of
from gateway.upload_clients.schemas import UploadCancelled, refused
from warren.contracts.states import TaskState

router = APIRouter(prefix="/api/v1/tasks", tags=["upload clients"])

_TOO_LATE = "Task already completed"


@router.post(
    "/{task_id}/cancel/",
    response_model=UploadCancelled,
    responses={**refused(400, "The task has ended already"), **UNKNOWN},
)
async def cancel_task(
    task_id: str,
    caller: Annotated[Caller, Depends(requires(Scope.TASKS_WRITE))],
    gateway: Annotated[Gateway, Depends(gateway_of)],
) -> Response:
    """Cancel the task; its status is FAILURE then, with the error "Cancelled by user"."""
    row = await task_of(task_id, caller, gateway)
    if row is None:
        return refusal("Task not found", 404)
    if TaskState(row["state"]).is_terminal:
        return refusal(_TOO_LATE, 400)
    try:
        cancelled = await gateway.transactions.run(
            lambda connection: cancel(connection, row["id"], caller.actor)
        )
    except NotFound:
        return refusal("Task not found", 404)
    if cancelled.came_too_late:
        return refusal(_TOO_LATE, 400)
    return answer({"message": "Task cancelled"})
