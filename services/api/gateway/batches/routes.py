"""POST /api/v1/batches, and members of batches."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel

from gateway.authentication import Caller, requires
from gateway.awaiting.route import TaskRoute
from gateway.batches.reading import members_page
from gateway.batches.submitting import BatchSubmission
from gateway.composition import Gateway, gateway_of
from gateway.customers.keys import Scope
from gateway.described_bodies import json_body
from gateway.idempotency.route import made_id
from gateway.json_body import read_json
from gateway.paging import cut
from gateway.problems import FieldError, InvalidFields, NotFound
from gateway.tasks.batch_submission import parse_items
from gateway.tasks.envelope import Envelope, parse_envelope
from gateway.tasks.ownership import visible_task
from gateway.tasks.schemas import TaskError, TaskUrls
from gateway.webhooks.batch_webhook import batch_webhook
from gateway.webhooks.task_webhook import TaskWebhook
from warren.contracts.batches import BATCH_KIND, MAX_MEMBERS
from warren.contracts.ids import derived_id
from warren.contracts.states import TaskState
from warren.contracts.submission import MAX_BATCH

router = APIRouter(prefix="/api/v1/batches", tags=["batches"], route_class=TaskRoute)

Reader = Annotated[Caller, Depends(requires(Scope.TASKS_READ))]
Writer = Annotated[Caller, Depends(requires(Scope.TASKS_WRITE))]
App = Annotated[Gateway, Depends(gateway_of)]

_ITEMS = {
    "type": "array",
    "minItems": 1,
    "maxItems": MAX_BATCH,
    "items": Envelope.model_json_schema(),
}
_TOTAL = {"type": "integer", "minimum": 1, "maximum": MAX_MEMBERS}
_OFFSET = {"type": "integer", "minimum": 0, "maximum": MAX_MEMBERS}


class BatchMembersAccepted(BaseModel):
    """The batch, and the tasks that the request has made its members, in their order."""

    task_id: UUID
    members: list[UUID]
    urls: TaskUrls


class MemberView(BaseModel):
    """A member where it stands; `position` counts from 0 in the order of submission."""

    position: int
    task_id: UUID
    kind: str
    status: TaskState
    progress: int
    generation: int
    error: TaskError | None


class MemberList(BaseModel):
    """Members in their order."""

    items: list[MemberView]
    next_cursor: str | None


def _body(required: list[str], **properties: Any) -> dict[str, Any]:
    schema = {"type": "object", "required": required, "properties": properties}
    return json_body(schema)


@router.post(
    "",
    status_code=202,
    openapi_extra=_body(
        ["items"],
        items=_ITEMS,
        total=_TOTAL,
        on_complete=Envelope.model_json_schema(),
        webhook=TaskWebhook.model_json_schema(),
    ),
)
async def open_batch(
    request: Request, response: Response, caller: Writer, gateway: App
) -> BatchMembersAccepted:
    """Accept a batch with its first members, up to 1,000: 202 once they are committed.

    `total` (as many as `items` unless given, 10,000 at most) says how many members there will be;
    the others follow by POST /api/v1/batches/{task_id}/members. `on_complete`, as POST
    /api/v1/tasks takes it, becomes a task when the last of them has ended. `webhook` is told of
    that end.
    """
    body = await read_json(request, gateway.settings.max_body_bytes)
    members = parse_items(body, "total", "on_complete", "webhook")
    total = _number(body, "total", len(members), len(members))
    then = _callback(body.get("on_complete"))
    batch_id = derived_id(made_id(request), "batch")
    submission = BatchSubmission(gateway, caller, request.headers.get("traceparent"))
    webhook = batch_webhook(body.get("webhook"))
    ids = await submission.open(batch_id, total, then, members, webhook)
    return _accepted(response, batch_id, ids)


@router.post(
    "/{task_id}/members",
    status_code=202,
    openapi_extra=_body(["items", "offset"], items=_ITEMS, offset=_OFFSET),
)
async def add_to_batch(
    task_id: UUID, request: Request, response: Response, caller: Writer, gateway: App
) -> BatchMembersAccepted:
    """Accept more members of a batch, which follow `offset` others: all of them or none.

    The same offset again makes nothing new. 409 once the batch has ended or is being cancelled.
    """
    body = await read_json(request, gateway.settings.max_body_bytes)
    members = parse_items(body, "offset")
    if "offset" not in body:
        raise InvalidFields([FieldError("offset", "is required")])
    offset = _number(body, "offset", 0, 0)
    submission = BatchSubmission(gateway, caller, request.headers.get("traceparent"))
    ids = await submission.add(task_id, offset, members)
    return _accepted(response, task_id, ids)


@router.get("/{task_id}/members")
async def list_members(
    task_id: UUID,
    caller: Reader,
    gateway: App,
    cursor: Annotated[int, Query(ge=0, le=MAX_MEMBERS)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> MemberList:
    """The members of a batch in their order, and where each stands."""
    row = await visible_task(gateway, caller, task_id)
    if row["kind"] != BATCH_KIND:
        raise NotFound(f"task {task_id} is no batch")
    rows = await members_page(gateway.tasks.pool, task_id, cursor - 1, limit + 1)
    shown, more = cut(rows, limit, lambda row: str(row["position"] + 1))
    items = [
        MemberView.model_validate({**row, "error": TaskError.of(row["error"])}) for row in shown
    ]
    return MemberList(items=items, next_cursor=more)


def _accepted(response: Response, batch_id: UUID, ids: list[UUID]) -> BatchMembersAccepted:
    urls = TaskUrls.of(batch_id)
    response.headers["Location"] = urls.task
    return BatchMembersAccepted(task_id=batch_id, members=ids, urls=urls)


def _number(body: dict[str, Any], name: str, default: int, least: int) -> int:
    given = body.get(name, default)
    if not isinstance(given, int) or isinstance(given, bool) or not least <= given <= MAX_MEMBERS:
        what = f"must be a whole number from {least} to {MAX_MEMBERS}"
        raise InvalidFields([FieldError(name, what)])
    return given


def _callback(given: Any) -> Envelope | None:
    if given is None:
        return None
    if not isinstance(given, dict):
        raise InvalidFields([FieldError("on_complete", "must be an object")])
    if given.get("webhook") is not None:
        what = "is not taken here: the batch takes one"
        raise InvalidFields([FieldError("on_complete.webhook", what)])
    try:
        return parse_envelope(given)
    except InvalidFields as problem:
        raise InvalidFields(
            [FieldError(f"on_complete.{fault.field}", fault.message) for fault in problem.errors]
        ) from problem
