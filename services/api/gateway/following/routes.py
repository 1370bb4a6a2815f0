"""GET /api/v1/tasks/{id}/events."""

import re
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from gateway.authentication import Caller, requires
from gateway.composition import Gateway, gateway_of
from gateway.customers.keys import Scope
from gateway.following.stream import EventStream, Wish
from gateway.problems import FieldError, InvalidFields
from gateway.tasks.ownership import visible_task

router = APIRouter(prefix="/api/v1/tasks", tags=["tasks"])

_HEADER = "last-event-id"
_NUMBER = re.compile(r"[0-9]{1,9}")
_PARAMETER: dict[str, Any] = {
    "name": "Last-Event-ID",
    "in": "header",
    "required": False,
    "schema": {"type": "integer", "minimum": 0},
    "description": "go on after this event: nothing that was recorded since is left out",
}


@router.get(
    "/{task_id}/events",
    response_class=Response,
    responses={
        200: {"content": {"text/event-stream": {}}},
        204: {"description": "The task has ended, and its last event has been seen"},
    },
    openapi_extra={"parameters": [_PARAMETER]},
)
async def follow_task(
    task_id: UUID,
    request: Request,
    caller: Annotated[Caller, Depends(requires(Scope.TASKS_READ))],
    gateway: Annotated[Gateway, Depends(gateway_of)],
) -> Response:
    """The task as server-sent events, until it ends.

    `status`, `part`, `result` and `error` are recorded and have ids, 1, 2, 3 … of the task;
    `progress` has none. The last event is `result` or `error`.
    """
    last = _last_event(request.headers.get(_HEADER))
    await visible_task(gateway, caller, task_id)
    wish = Wish(
        caller.actor, task_id, last, lambda: gateway.authenticator.still_recognises(request)
    )
    return EventStream(gateway.following, wish)


def _last_event(given: str | None) -> int | None:
    if given is None or not given.strip():
        return None
    if not _NUMBER.fullmatch(given.strip()):
        raise InvalidFields([FieldError(_HEADER, "must be the id of an event of this task")])
    return int(given)
