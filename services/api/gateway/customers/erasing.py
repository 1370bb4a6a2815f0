"""POST /api/v1/customers/{customer_id}/erase: everything that is kept of a customer goes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, LiteralString
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from psycopg import AsyncConnection
from psycopg.rows import DictRow

from gateway.auditing.changes import Action, Change
from gateway.authentication import Caller, requires
from gateway.catalogue.clearing import clear
from gateway.catalogue.tenant import Tenant
from gateway.composition import Gateway, gateway_of
from gateway.customers.keys import Scope
from gateway.customers.problems import CustomerNotFound, OwnCustomer
from gateway.documents.writing import delete_all
from gateway.faqs.writing import delete_all_faqs
from gateway.housekeeping.erasing.jobs import EraseCustomer
from gateway.idempotency.route import OnceRoute, made_id
from gateway.reconciling.confirming import ensure_confirmed
from gateway.reconciling.entities import Domain
from gateway.reconciling.writing import write_change
from gateway.tasks.acceptance import Acceptance, NewTask, accept_tasks, accepted_before
from gateway.tasks.beside import write_with_tasks
from gateway.tasks.routes import accepted_response
from gateway.tasks.schemas import TaskAccepted
from warren.contracts.catalogue_item import EntityKind
from warren.contracts.ids import derived_id

router = APIRouter(prefix="/api/v1/customers", tags=["customers"], route_class=OnceRoute)

#: What was ever written down elsewhere has a version.
_WRITTEN: LiteralString = """
SELECT c.plan, EXISTS (SELECT FROM catalogue_versions WHERE customer_id = c.id) AS has_items,
    ARRAY (SELECT domain FROM sync_versions WHERE customer_id = c.id) AS domains
FROM customers c WHERE c.id = %s
"""
#: Nobody may keep his data by having too much that waits.
_ROOM = 2**31 - 1


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

    202 with the task of kind `api.erase_customer` that does it. What runs is cancelled first, and
    what the chatbot and the search index have is deleted there. Cancelling the task ends it; what
    is done by then stays done. The audit keeps that it was done.
    """
    ensure_confirmed(confirm)
    if customer_id == caller.customer_id:
        raise OwnCustomer("the task that erases a customer cannot be its own: use another's key")
    made, traceparent = made_id(request), request.headers.get("traceparent")
    emptying = await _Emptying.of(gateway, caller, customer_id, made)
    job = EraseCustomer(customer_id=customer_id, emptying=emptying.tasks)
    # Before anything is deleted it is certain that somebody erases the rest.
    task = await gateway.submissions.compose(caller, job, traceparent, task_id=made)
    await emptying.begin(gateway, traceparent)
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


@dataclass(frozen=True, slots=True)
class _Emptying:
    """Tasks, by what they are of, that delete what other systems have; `theirs` acts as the
    customer."""

    theirs: Caller
    ids: dict[Domain | EntityKind, UUID]

    @property
    def tasks(self) -> list[UUID]:
        """Their ids."""
        return list(self.ids.values())

    @classmethod
    async def of(
        cls, gateway: Gateway, caller: Caller, customer_id: UUID, made: UUID
    ) -> "_Emptying":
        """Of where the customer has ever written. Raises CustomerNotFound."""
        async with gateway.pool.connection() as connection:
            row = await (await connection.execute(_WRITTEN, [customer_id])).fetchone()
        if row is None:
            raise CustomerNotFound(f"there is no customer {customer_id}")
        theirs = replace(caller, customer_id=customer_id, plan=row["plan"], waiting_limit=_ROOM)
        wanted = [*map(Domain, row["domains"]), *(EntityKind if row["has_items"] else ())]
        return cls(theirs, {each: derived_id(made, each.value) for each in wanted})

    async def begin(self, gateway: Gateway, traceparent: str | None) -> None:
        """Return once they are committed."""
        for what, task_id in self.ids.items():
            if isinstance(what, EntityKind):
                await clear(Tenant(self.theirs, what, gateway), task_id, traceparent)
            else:
                delete = partial(_DELETING[what], task_id=task_id)
                await write_change(gateway, self.theirs, traceparent, delete)


_DELETING = {Domain.DOCUMENTS: delete_all, Domain.FAQS: delete_all_faqs}
