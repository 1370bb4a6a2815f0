"""POST /api/v1/customers/{customer_id}/erase: everything that is kept of a customer goes."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from psycopg import AsyncConnection
from psycopg.rows import DictRow

from gateway.auditing.changes import Action, Change
from gateway.authentication import Caller, requires
from gateway.composition import Gateway, gateway_of
from gateway.customers.keys import Scope
from gateway.customers.problems import CustomerNotFound, OwnCustomer
from gateway.housekeeping.erasing.jobs import EraseCustomer
from gateway.idempotency.route import OnceRoute, made_id
from gateway.reconciling.confirming import ensure_confirmed
from gateway.tasks.acceptance import Acceptance, NewTask, accept_tasks, accepted_before
from gateway.tasks.beside import write_with_tasks
from gateway.tasks.routes import accepted_response
from gateway.tasks.schemas import TaskAccepted

router = APIRouter(prefix="/api/v1/customers", tags=["customers"], route_class=OnceRoute)

_EXISTS = "SELECT FROM customers WHERE id = %s"


@router.post("/{customer_id}/erase", status_code=202, response_model=TaskAccepted)
async def erase(
    customer_id: UUID,
    request: Request,
    caller: Annotated[Caller, Depends(requires(Scope.ADMIN))],
    gateway: Annotated[Gateway, Depends(gateway_of)],
    confirm: bool = False,
) -> Response:
    """Erase a customer: keys, tasks with their histories, files, books, documents, FAQs, catalogue,
    schedules, webhooks (administrators only; `confirm=true` says that this is meant).

    202 with the task of kind `api.erase_customer` that does it. Keys go first, then what
    runs is cancelled, then what the chatbot and the search index have is deleted there. Cancelling
    the task ends it; what is done by then stays done. The audit keeps that it was done.
    """
    ensure_confirmed(confirm)
    if customer_id == caller.customer_id:
        raise OwnCustomer("the task that erases a customer cannot be its own: use another's key")
    async with gateway.pool.connection() as connection:
        if await (await connection.execute(_EXISTS, [customer_id])).fetchone() is None:
            raise CustomerNotFound(f"there is no customer {customer_id}")
    job, traceparent = EraseCustomer(customer_id=customer_id), request.headers.get("traceparent")
    task = await gateway.submissions.compose(caller, job, traceparent, task_id=made_id(request))
    accepted = await write_with_tasks(gateway.pool, partial(_requested, caller, customer_id, task))
    return accepted_response(job.kind, accepted)


async def _requested(
    caller: Caller, customer_id: UUID, task: NewTask, connection: AsyncConnection[DictRow]
) -> tuple[Acceptance, Sequence[NewTask]]:
    if not await accepted_before(connection, [task.id]):
        details = {"task_id": str(task.id)}
        target = f"customer:{customer_id}"
        change = Change(caller.actor, Action.ERASURE_REQUESTED, target, customer_id, details)
        await change.record_beside(connection)
    answers = await accept_tasks(connection, [task])
    return answers[task.id], []
