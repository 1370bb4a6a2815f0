"""Speech over HTTP: each body is the payload of a kind."""

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
from warren.contracts.speech_batch import SynthesizeBatch

router = APIRouter(tags=["speech"], route_class=TaskRoute)

Writer = Annotated[Caller, Depends(requires(Scope.TASKS_WRITE))]
App = Annotated[Gateway, Depends(gateway_of)]


@router.post(
    "/api/v1/speech",
    status_code=202,
    response_model=TaskAccepted,
    openapi_extra=json_body(SynthesizeSpeech.submission_schema()),
)
async def synthesize_speech(request: Request, caller: Writer, gateway: App) -> Response:
    """Speak a text: 202 once the task is committed; its result is an audio file."""
    payload = await read_json(request, gateway.settings.max_body_bytes)
    return await ask_for(SynthesizeSpeech, payload, request, caller, gateway)


@router.post(
    "/api/v1/speech/batch",
    status_code=202,
    response_model=TaskAccepted,
    openapi_extra=json_body(SynthesizeBatch.submission_schema()),
)
async def synthesize_batch(request: Request, caller: Writer, gateway: App) -> Response:
    """Speak up to 1,000 texts, or earlier requests again that did not succeed, each by a task.

    202 once the task of the whole is committed; its result tells of each. 404 for a request that is
    none of one's own.
    """
    payload = await read_json(request, gateway.settings.max_body_bytes)
    return await ask_for(SynthesizeBatch, payload, request, caller, gateway)
