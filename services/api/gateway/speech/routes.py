"""POST /api/v1/speech: the body is the payload of `tts.synthesize`."""

from typing import Annotated

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
from warren.contracts.speech import SynthesizeSpeech

router = APIRouter(tags=["speech"], route_class=TaskRoute)


@router.post(
    "/api/v1/speech",
    status_code=202,
    response_model=TaskAccepted,
    openapi_extra=json_body(SynthesizeSpeech.submission_schema()),
)
async def synthesize_speech(
    request: Request,
    caller: Annotated[Caller, Depends(requires(Scope.TASKS_WRITE))],
    gateway: Annotated[Gateway, Depends(gateway_of)],
) -> Response:
    """Speak a text: 202 once the task is committed; its result is an audio file."""
    payload = await read_json(request, gateway.settings.max_body_bytes)
    return await ask_for(SynthesizeSpeech, payload, request, caller, gateway)
