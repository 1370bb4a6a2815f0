"""POST /api/v1/tasks/{id}/retry: a person asks for the next generation."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from psycopg import Connection

from gateway.authentication import Caller, requires
from gateway.composition import Gateway, gateway_of
from gateway.customers.keys import Scope
from gateway.idempotency.route import OnceRoute
from gateway.problems import TaskNotRetryable
from gateway.tasks.erased_owners import ensure_not_being_erased
from gateway.tasks.generations import start_generation
from gateway.tasks.ownership import visible_task
from gateway.tasks.restarting import ensure_may_start
from gateway.tasks.schemas import TaskStatus
from warren.contracts.generations import RETRYABLE
from warren.contracts.states import TaskState
from warren.contracts.webhooks import DeliverWebhook

router = APIRouter(prefix="/api/v1/tasks", tags=["tasks"], route_class=OnceRoute)


@router.post("/{task_id}/retry", status_code=202, response_model=TaskStatus)
async def retry_task(
    task_id: UUID,
    caller: Annotated[Caller, Depends(requires(Scope.TASKS_WRITE))],
    gateway: Annotated[Gateway, Depends(gateway_of)],
) -> Response:
    """Start a failed, cancelled or expired task again, with attempt 1 of its next generation.

    For its owner and for operators; what the gateway does itself, such as `api.bulk_retry`, for
    operators only, and `api.erase_customer` for administrators. 409 in every other state, and so
    for a second click, and once the task's payload was cleaned up and is in no dead letter; and for
    deliveries of webhooks, which are sent again; and while the task's customer is being erased. A
    time to start by that the task had does not hold any more.
    """
    row = await visible_task(gateway, caller, task_id)
    if TaskState(row["state"]) not in RETRYABLE:
        raise TaskNotRetryable(f"task {task_id} is {row['state']}", state=row["state"])
    await ensure_may_start(gateway, caller, row["kind"])
    if row["kind"] == DeliverWebhook.kind:
        raise TaskNotRetryable(
            "a message is not delivered again under the address and the secrets of then: POST "
            f"/api/v1/webhooks/deliveries/{task_id}/resend takes those of now"
        )
    started = await gateway.transactions.run(
        lambda connection: _start(connection, task_id, row["generation"], caller.actor)
    )
    if not started and row["cleaned_at"] is not None:
        raise TaskNotRetryable(
            f"the payload of task {task_id} was cleaned up on {row['cleaned_at']:%Y-%m-%d}: "
            "submit it as a new task"
        )
    if not started:
        raise TaskNotRetryable(
            f"task {task_id} was started again just now, or another live task has its unique key"
        )
    status = TaskStatus.of(await visible_task(gateway, caller, task_id))
    return Response(
        status.model_dump_json(),
        202,
        headers={"Location": status.urls.task},
        media_type="application/json",
    )


def _start(connection: Connection[Any], task_id: UUID, generation: int, actor: str) -> bool:
    ensure_not_being_erased(connection, task_id)
    after = {task_id: generation}
    return bool(start_generation(connection, [task_id], actor, after=after, told=True))
