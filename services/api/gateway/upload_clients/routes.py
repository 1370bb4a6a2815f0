"""POST /api/v1/tasks/create/, and status and result at paths that end in `/`."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from gateway.authentication import Caller, requires
from gateway.composition import Gateway, gateway_of
from gateway.customers.keys import Scope
from gateway.idempotency.route import answer_once, made_id
from gateway.problems import BodyNotUtf8, MalformedUpload, ResultGone, TooLarge
from gateway.tasks.retention import ensure_result_kept
from gateway.upload_clients.answers import answer, refusal, result_view, status_of, status_view
from gateway.upload_clients.finding import UNKNOWN, task_of
from gateway.upload_clients.mapping import job_of
from gateway.upload_clients.problems import BadForm
from gateway.upload_clients.receiving import Form, receive_form
from gateway.upload_clients.schemas import UploadAccepted, UploadResult, UploadTask, refused
from warren.contracts.images import MAX_PROMPT_CHARACTERS, TaskType
from warren.contracts.states import TaskState

router = APIRouter(prefix="/api/v1/tasks", tags=["upload clients"])

Reader = Annotated[Caller, Depends(requires(Scope.TASKS_READ))]
Writer = Annotated[Caller, Depends(requires(Scope.TASKS_WRITE))]
App = Annotated[Gateway, Depends(gateway_of)]

_FILE = {"type": "string", "format": "binary"}
_FORM: dict[str, Any] = {
    "type": "object",
    "required": ["task_type"],
    "properties": {
        "prompt": {"type": "string", "maxLength": MAX_PROMPT_CHARACTERS},
        "task_type": {"type": "string", "enum": [kind.value for kind in TaskType]},
        "image": _FILE,
        "target_image": _FILE,
        "parameters": {"type": "string", "description": "a JSON object"},
        "user_id": {"type": "string", "maxLength": 200},
    },
}
_BODY = {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _FORM}}}}
_BAD_FORM = {
    **refused(400, "The form cannot become a task"),
    **refused(404, "`parameters` name what you do not have"),
}
_NOT_THERE = {
    **UNKNOWN,
    **refused(400, "The task has not succeeded, or not yet"),
    **refused(410, "The result was cleaned up"),
}
_LONGEST_USER_ID = 200


@router.post("/create", include_in_schema=False)
@router.post(
    "/create/",
    status_code=201,
    response_model=UploadAccepted,
    openapi_extra=_BODY,
    responses=_BAD_FORM,
)
async def create_task(request: Request, caller: Writer, gateway: App) -> Response:
    """Accept a picture job as a form: 201 once it is committed, with its pictures."""
    await gateway.submissions.ensure_room(caller)
    try:
        form = await receive_form(request, gateway)
    except (MalformedUpload, BodyNotUtf8, TooLarge) as problem:
        raise BadForm.of(problem) from problem

    async def accept(request: Request) -> Response:
        return await _accept(form, request, caller, gateway)

    # Only now is the request known by its content, which is never held whole.
    return await answer_once(request, form.digest, accept)


@router.get("/{task_id}/status/", response_model=UploadTask, responses=UNKNOWN)
async def get_status(task_id: str, caller: Reader, gateway: App) -> Response:
    """Where the task stands."""
    return await _of_task(task_id, caller, gateway, lambda row: answer(status_view(row)))


@router.get("/{task_id}/result/", response_model=UploadResult, responses=_NOT_THERE)
async def get_result(task_id: str, caller: Reader, gateway: App) -> Response:
    """What a succeeded task has made."""

    def shown(row: dict[str, Any]) -> Response:
        if TaskState(row["state"]) is not TaskState.SUCCEEDED:
            return refusal(f"Task not completed. Status: {status_of(row)}", 400)
        try:
            ensure_result_kept(row, datetime.now(UTC))
        except ResultGone:
            return refusal("Result is not kept any more", 410)
        return answer(result_view(row, gateway.links))

    return await _of_task(task_id, caller, gateway, shown)


async def _accept(form: Form, request: Request, caller: Caller, gateway: Gateway) -> Response:
    user_id = form.texts.get("user_id") or None
    if user_id is not None and (len(user_id) > _LONGEST_USER_ID or "\0" in user_id):
        raise BadForm.at("user_id", f"must have at most {_LONGEST_USER_ID} characters")
    job = await job_of(form, gateway.submissions.payloads, caller.customer_id)
    async with gateway.submissions.room(caller) as room:
        task = await gateway.submissions.compose(
            caller,
            job,
            request.headers.get("traceparent"),
            task_id=made_id(request),
            artifacts=list(form.pictures.values()),
            user_id=user_id,
        )
        accepted = await gateway.writer.accept(task)
        room.taken_by([accepted])
    said = {
        "task_id": accepted.task_id,
        "status": "PENDING",
        "message": "Task queued successfully",
        "created_at": accepted.created_at,
    }
    return answer(said, 201)


async def _of_task(
    task_id: str, caller: Caller, gateway: Gateway, shown: Callable[[dict[str, Any]], Response]
) -> Response:
    row = await task_of(task_id, caller, gateway)
    return refusal("Task not found", 404) if row is None else shown(row)
