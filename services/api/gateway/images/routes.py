"""Pictures over HTTP: asking for one by one. Reading them: images/reading.py."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from gateway.authentication import Caller, requires
from gateway.awaiting.route import TaskRoute
from gateway.composition import Gateway, gateway_of
from gateway.customers.keys import Scope
from gateway.described_bodies import json_body
from gateway.json_body import read_json
from gateway.tasks.one_kind import ask_for
from gateway.tasks.schemas import TaskAccepted
from warren.contracts.images import (
    EnhanceImage,
    GenerateImage,
    RemoveBackground,
    SwapFace,
    TransferStyle,
)
from warren.contracts.job import Job

router = APIRouter(prefix="/api/v1/images", tags=["images"], route_class=TaskRoute)

Writer = Annotated[Caller, Depends(requires(Scope.TASKS_WRITE))]
App = Annotated[Gateway, Depends(gateway_of)]
_Endpoint = Callable[[Request, Writer, App], Awaitable[Response]]

#: The last part of an address, and whose payload the body is.
_OPERATIONS: dict[str, type[Job]] = {
    "generate": GenerateImage,
    "swap-face": SwapFace,
    "remove-background": RemoveBackground,
    "transfer-style": TransferStyle,
    "enhance": EnhanceImage,
}


def _asking_for(job: type[Job]) -> _Endpoint:
    async def ask(request: Request, caller: Writer, gateway: App) -> Response:
        body = await read_json(request, gateway.settings.max_body_bytes)
        user_id = body.pop("user_id", None)
        return await ask_for(job, body, request, caller, gateway, user_id=user_id)

    return ask


def _described(job: type[Job]) -> dict[str, Any]:
    schema = job.submission_schema()
    user = {"type": "string", "minLength": 1, "maxLength": 200}
    schema["properties"] = {**schema["properties"], "user_id": user}
    return json_body(schema)


for _name, _job in _OPERATIONS.items():
    router.add_api_route(
        f"/{_name}",
        _asking_for(_job),
        methods=["POST"],
        status_code=202,
        response_model=TaskAccepted,
        name=_name.replace("-", "_"),
        description=_job.__doc__,
        openapi_extra=_described(_job),
    )
