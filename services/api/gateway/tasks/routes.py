"""Submitting tasks, and asking about them."""

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from gateway.authentication import Caller, requires
from gateway.awaiting.preference import PARAMETERS
from gateway.awaiting.route import TaskRoute
from gateway.awaiting.waiting import Waited, wait_for_end
from gateway.batches.reading import batch_counts
from gateway.composition import Gateway, gateway_of
from gateway.customers.keys import Scope
from gateway.idempotency.route import made_id
from gateway.images.links import shown_result
from gateway.json_body import read_json
from gateway.paging import id_below
from gateway.polling.statuses import StatusAnswer
from gateway.problems import ResultNotAvailable
from gateway.tasks.acceptance import Acceptance
from gateway.tasks.conditional import conditional
from gateway.tasks.envelope import Envelope, parse_envelope
from gateway.tasks.ownership import own_tasks, visible_task
from gateway.tasks.retention import ensure_result_kept
from gateway.tasks.schemas import (
    TaskAccepted,
    TaskList,
    TaskStatus,
    TaskSummary,
    TaskUrls,
    TaskView,
)
from gateway.tasks.selection import ListFilter
from warren.contracts.batches import BATCH_KIND
from warren.contracts.states import TaskState

router = APIRouter(prefix="/api/v1/tasks", tags=["tasks"], route_class=TaskRoute)

Reader = Annotated[Caller, Depends(requires(Scope.TASKS_READ))]
Writer = Annotated[Caller, Depends(requires(Scope.TASKS_WRITE))]
App = Annotated[Gateway, Depends(gateway_of)]

_ANY_JSON: dict[str, Any] = {"content": {"application/json": {"schema": {}}}}
_IF_NONE_MATCH: dict[str, Any] = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "ETags of answers that the client has",
}
_BODY = {"content": {"application/json": {"schema": Envelope.model_json_schema()}}}


@router.post(
    "",
    status_code=202,
    response_model=TaskAccepted,
    openapi_extra={"requestBody": {"required": True, **_BODY}},
)
async def submit_task(request: Request, caller: Writer, gateway: App) -> Response:
    """Accept a task of any announced kind: 202 once it is committed.

    200 with `unique: true` names the live task that has the same `unique_key` instead.
    """
    body = await read_json(request, gateway.settings.max_body_bytes)
    envelope = parse_envelope(body)
    traceparent = request.headers.get("traceparent")
    accepted = await gateway.submissions.submit(
        caller, envelope, traceparent, task_id=made_id(request)
    )
    return accepted_response(envelope.kind, accepted)


class TaskPage(ListFilter):
    """The filter of a list, and which part of it."""

    cursor: str | None = None
    limit: Annotated[int, Query(ge=1, le=500)] = 50


@router.get("")
async def list_tasks(page: Annotated[TaskPage, Query()], caller: Reader, gateway: App) -> TaskList:
    """Tasks, newest first: one's own, or everybody's for operators.

    A rare one may stand many pages away: go on while there is a `next_cursor`.
    """
    return await _listed(page, own_tasks(_chosen(page), caller), gateway)


@router.get("/my-tasks")
async def list_my_tasks(
    page: Annotated[TaskPage, Query()], caller: Reader, gateway: App
) -> TaskList:
    """One's own tasks, newest first, also for operators."""
    own = own_tasks(_chosen(page), caller)
    mine = own.model_copy(update={"customer_id": caller.customer_id})
    return await _listed(page, mine, gateway)


def _chosen(page: TaskPage) -> ListFilter:
    return ListFilter.model_validate(page.model_dump(include=set(ListFilter.model_fields)))


async def _listed(page: TaskPage, chosen: ListFilter, gateway: Gateway) -> TaskList:
    rows, end = await gateway.tasks.page(chosen, id_below(page.cursor), page.limit)
    now = datetime.now(UTC)
    return TaskList(
        items=[TaskSummary.of(row, now) for row in rows], next_cursor=str(end) if end else None
    )


@router.get("/{task_id}")
async def get_task(task_id: UUID, caller: Reader, gateway: App) -> TaskView:
    """The task with its payload; ids in place of references to artifacts are the caller's own."""
    row = await visible_task(gateway, caller, task_id)
    view = TaskView.of(row, for_operator=caller.is_operator)
    view.result = shown_result(row["kind"], row["result"], gateway.links)
    if row["kind"] != BATCH_KIND:
        return view
    counts = await batch_counts(gateway.tasks.pool, task_id)
    return view.model_copy(update={"batch": counts})


@router.get(
    "/{task_id}/status",
    response_model=TaskStatus,
    responses={
        202: {"model": TaskStatus, "description": "Not ended, after a wait"},
        304: {"description": "As `If-None-Match` has it"},
    },
    openapi_extra={"parameters": [*PARAMETERS, _IF_NONE_MATCH]},
)
async def get_status(task_id: UUID, request: Request, caller: Reader, gateway: App) -> Response:
    """Where the task stands; after `Prefer: wait=n` 202 if it has not ended in that time.

    The ETag changes with whatever the answer tells: 304 means that all of it is as it was.
    """
    answer = await gateway.polls.answer(task_id, caller)
    waited = await wait_for_end(request, gateway, task_id)
    if waited is not None:
        answer = await gateway.polls.answer(task_id, caller)
    return _status_response(request, answer, waited)


@router.get(
    "/{task_id}/result",
    response_class=Response,
    responses={200: _ANY_JSON, 202: {"model": TaskStatus, "description": "Not ended"}},
    openapi_extra={"parameters": PARAMETERS},
)
async def get_result(task_id: UUID, request: Request, caller: Reader, gateway: App) -> Response:
    """What a succeeded task has made, as its kind's `result_schema` says.

    409 with the task's state before that, and if it did not succeed; 410 once it has expired: the
    header `Sunset` says when that will be.
    After `Prefer: wait=n` 202 with the task's status if it has not ended in that time.
    """
    row = await gateway.tasks.task(task_id, caller.customer_id)
    waited = await wait_for_end(request, gateway, task_id)
    if waited is not None:
        row = await gateway.tasks.task(task_id, caller.customer_id)
    status = TaskStatus.of(row)
    if waited is not None and not status.status.is_terminal:
        return _status_response(request, StatusAnswer.of(row), waited)
    if status.status is not TaskState.SUCCEEDED:
        raise _no_result(status)
    ensure_result_kept(row, datetime.now(UTC))
    headers = {**(waited.headers if waited else {}), **_sunset(status)}
    result = shown_result(row["kind"], row["result"], gateway.links)
    return Response(orjson.dumps(result), headers=headers, media_type="application/json")


def _status_response(request: Request, answer: StatusAnswer, waited: Waited | None) -> Response:
    unfinished = waited is not None and not answer.is_terminal
    return conditional(
        request,
        answer.body,
        answer.etag,
        202 if unfinished else 200,
        headers=waited.headers if waited else None,
    )


def accepted_response(kind: str, accepted: Acceptance) -> Response:
    """202 with the task's addresses; 200 if it is an earlier task with the same unique key."""
    answer = accepted_view(kind, accepted)
    return Response(
        answer.model_dump_json(),
        status_code=200 if accepted.unique else 202,
        headers={"Location": answer.urls.task},
        media_type="application/json",
    )


def accepted_view(kind: str, accepted: Acceptance) -> TaskAccepted:
    """What a caller is told of an accepted task."""
    return TaskAccepted(
        task_id=accepted.task_id,
        kind=kind,
        status=TaskState(accepted.state),
        created_at=accepted.created_at,
        unique=accepted.unique,
        urls=TaskUrls.of(accepted.task_id),
    )


def _no_result(status: TaskStatus) -> ResultNotAvailable:
    if status.status.is_terminal:
        detail = f"task {status.task_id} has {status.status.value} and left no result"
    else:
        detail = f"task {status.task_id} is {status.status.value}; ask again later"
    error = status.error.model_dump(exclude_none=True) if status.error else None
    return ResultNotAvailable(
        detail, task_status=status.status.value, state=status.status.value, error=error
    )


def _sunset(status: TaskStatus) -> dict[str, str]:
    """When the answer will be gone, as RFC 8594 says it."""
    expires = status.result_expires_at
    return {"Sunset": format_datetime(expires.astimezone(UTC), usegmt=True)} if expires else {}
