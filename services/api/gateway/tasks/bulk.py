"""Cancelling and retrying tasks by a filter: each is a task, run by the housekeeper."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ValidationError

from gateway.authentication import Caller, requires
from gateway.awaiting.route import TaskRoute
from gateway.composition import Gateway, gateway_of
from gateway.customers.keys import Scope
from gateway.housekeeping.erasing.jobs import EraseCustomer
from gateway.housekeeping.jobs import BulkCancel, BulkRetry
from gateway.idempotency.route import made_id
from gateway.json_body import read_json
from gateway.problems import FieldError, InvalidFields, ScopeMissing
from gateway.tasks.counting import count_tasks
from gateway.tasks.envelope import Envelope
from gateway.tasks.ownership import own_tasks
from gateway.tasks.routes import accepted_response
from gateway.tasks.schemas import TaskAccepted
from gateway.tasks.selection import TaskFilter
from warren.contracts.payload_schema import PayloadSchema

router = APIRouter(prefix="/api/v1/tasks", tags=["tasks"], route_class=TaskRoute)

#: Seconds that a count may take; whoever has more tasks learns that there are more.
_COUNTING = 4.0
_EMPTY = "must name at least one condition: without any it would mean every task"

Writer = Annotated[Caller, Depends(requires(Scope.TASKS_WRITE))]
App = Annotated[Gateway, Depends(gateway_of)]
DryRun = Annotated[bool, Query(description="Only count the tasks: 200 with TaskCount.")]
BulkJob = BulkCancel | BulkRetry


class TaskCount(BaseModel):
    """How many tasks a filter means; there may be more than `count` unless it is `complete`."""

    count: int
    by_state: dict[str, int]
    complete: bool


def _documented(job: type[BulkJob]) -> dict[str, Any]:
    schema = {"content": {"application/json": {"schema": job.submission_schema()}}}
    return {
        "status_code": 202,
        "response_model": TaskAccepted,
        "responses": {200: {"model": TaskCount, "description": "Of a dry run"}},
        "openapi_extra": {"requestBody": {"required": True, **schema}},
    }


@router.post("/cancel", **_documented(BulkCancel))
async def cancel_by_filter(
    request: Request, caller: Writer, gateway: App, dry_run: DryRun = False
) -> Response:
    """Cancel all unfinished tasks of `filter`, which must not be empty: 202 with the task.

    One's own tasks; an operator's filter means everybody's unless it names a `customer_id`.
    """
    return await _answer(BulkCancel, request, caller, gateway, dry_run=dry_run)


@router.post("/retry", **_documented(BulkRetry))
async def retry_by_filter(
    request: Request, caller: Writer, gateway: App, dry_run: DryRun = False
) -> Response:
    """Start all tasks of `filter` again, which must not be empty: 202 with the task.

    Failed ones unless it names other states; whose they are is as when cancelling. The gateway's
    own for operators only, where kind or queue are named, and erasures of customers never. Those of
    customers that are being erased are left out: the result counts them.
    """
    return await _answer(BulkRetry, request, caller, gateway, dry_run=dry_run)


async def _answer(
    job: type[BulkJob], request: Request, caller: Caller, gateway: Gateway, *, dry_run: bool
) -> Response:
    body = await read_json(request, gateway.settings.max_body_bytes)
    wanted = _parsed(job, body)
    if isinstance(wanted, BulkRetry):
        _check_whose(wanted.filter, caller)
    action = wanted.model_copy(update={"filter": own_tasks(wanted.filter, caller)})
    if dry_run:
        return await counted(gateway, action.filter)
    return await submit_action(action, request, caller, gateway)


def _check_whose(chosen: TaskFilter, caller: Caller) -> None:
    """Raise ScopeMissing for tasks that may be those of another key, which may do more.

    InvalidFields for erasures of customers: no filter means those.
    """
    named = (chosen.kind or "", chosen.queue or "")
    if not caller.is_operator and any(name.startswith("api.") for name in named):
        raise ScopeMissing(
            "the gateway's own tasks are started again by operators", scope="operate"
        )
    if chosen.kind == EraseCustomer.kind:
        why = "is started again by administrators, one by one: POST /api/v1/tasks/{task_id}/retry"
        raise InvalidFields([FieldError("filter.kind", why)])


async def counted(gateway: Gateway, chosen: TaskFilter) -> Response:
    """How many tasks an action on this filter would mean now."""
    count = await gateway.transactions.run(
        lambda connection: count_tasks(connection, chosen, seconds=_COUNTING)
    )
    answer = TaskCount(count=count.count, by_state=count.by_state, complete=count.is_complete)
    return Response(answer.model_dump_json(), media_type="application/json")


async def submit_action(
    action: BulkJob, request: Request, caller: Caller, gateway: Gateway
) -> Response:
    """Accept the action as a task of the caller, whose tasks alone it must name if not operator.

    A full backlog does not keep anybody from cancelling what it is full of.
    """
    # The kinds are for operators, as nobody else's payload could be trusted to name their own.
    trusted = replace(caller, scopes=caller.scopes | {Scope.OPERATE})
    accepted = await gateway.submissions.submit(
        trusted,
        Envelope(kind=action.kind, payload=action.model_dump(mode="json", exclude_none=True)),
        request.headers.get("traceparent"),
        task_id=made_id(request),
        payload_path="",
        makes_room=isinstance(action, BulkCancel),
    )
    return accepted_response(action.kind, accepted)


def _parsed(job: type[BulkJob], body: dict[str, Any]) -> BulkJob:
    """Raises InvalidFields, naming the field."""
    if body.get("filter", {}) in ({}, None):
        raise InvalidFields([FieldError("filter", _EMPTY)])
    errors = PayloadSchema(job.submission_schema()).errors(body, "")
    if errors:
        raise InvalidFields([FieldError(error.field, error.message) for error in errors])
    try:
        return job.model_validate(body)
    except ValidationError as error:
        raise InvalidFields(
            [
                FieldError(".".join(map(str, item["loc"])), item["msg"].lower())
                for item in error.errors()
            ]
        ) from error
