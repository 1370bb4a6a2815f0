"""Pictures over HTTP: asking for them. Reading them: images/reading.py."""

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from gateway.authentication import Caller, requires
from gateway.awaiting.route import TaskRoute
from gateway.composition import Gateway, gateway_of
from gateway.customers.keys import Scope
from gateway.idempotency.route import made_id
from gateway.json_body import read_json
from gateway.tasks.envelope import parse_envelope
from gateway.tasks.routes import accepted_response
from gateway.tasks.schemas import TaskAccepted
from warren.contracts.images import (
    EnhanceImage,
    GenerateImage,
    RemoveBackground,
    SwapFace,
    TransferStyle,
)
from warren.contracts.job import Job

router = APIRouter(prefix="/api/v1", tags=["images"], route_class=TaskRoute)

Writer = Annotated[Caller, Depends(requires(Scope.TASKS_WRITE))]
App = Annotated[Gateway, Depends(gateway_of)]


class Operation(StrEnum):
    """What can be asked for, as the last part of an address."""

    GENERATE = "generate"
    SWAP_FACE = "swap-face"
    REMOVE_BACKGROUND = "remove-background"
    TRANSFER_STYLE = "transfer-style"
    ENHANCE = "enhance"

    @property
    def job(self) -> type[Job]:
        """Whose payload the body is."""
        return _JOBS[self]


_JOBS: dict[Operation, type[Job]] = {
    Operation.GENERATE: GenerateImage,
    Operation.SWAP_FACE: SwapFace,
    Operation.REMOVE_BACKGROUND: RemoveBackground,
    Operation.TRANSFER_STYLE: TransferStyle,
    Operation.ENHANCE: EnhanceImage,
}


@router.post("/images/{operation}", status_code=202, response_model=TaskAccepted)
async def process_image(
    operation: Operation, request: Request, caller: Writer, gateway: App
) -> Response:
    """Do one thing with pictures; the body is the payload of `image.generate` and so on.

    Pictures are named by the ids of uploaded artifacts; `GET /api/v1/kinds` has the schemas.
    """
    body = await read_json(request, gateway.settings.max_body_bytes)
    user_id = body.pop("user_id", None)
    envelope = parse_envelope({"kind": operation.job.kind, "payload": body, "user_id": user_id})
    accepted = await gateway.submissions.submit(
        caller,
        envelope,
        request.headers.get("traceparent"),
        task_id=made_id(request),
        payload_path="",
    )
    return accepted_response(envelope.kind, accepted)
