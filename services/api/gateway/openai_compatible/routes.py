"""POST /v1/audio/speech and POST /v1/images/generations."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from gateway.authentication import Caller, requires
from gateway.composition import Gateway, gateway_of
from gateway.customers.keys import Scope
from gateway.described_bodies import json_body
from gateway.idempotency.route import answer_once
from gateway.json_body import parse_object, read_body
from gateway.openai_compatible.audio import MEDIA_TYPES, audio_answer
from gateway.openai_compatible.mapping import (
    OF_PICTURE,
    OF_SPEECH,
    picture_payload,
    speech_payload,
)
from gateway.openai_compatible.offers import offer
from gateway.openai_compatible.pictures import pictures_answer
from gateway.openai_compatible.problems import NAMES_TASK, in_words_of
from gateway.openai_compatible.schemas import GenerationRequest, PaintedPictures, SpeechRequest
from gateway.openai_compatible.streaming import Listening, spoken_answer
from gateway.openai_compatible.waiting import accepted_task, ensure_place, place, succeeded_task
from gateway.tasks.one_kind import ask_for
from warren.contracts.images import GenerateImage
from warren.contracts.speech import SynthesizeSpeech

router = APIRouter(prefix="/v1", tags=["OpenAI clients"])

Writer = Annotated[Caller, Depends(requires(Scope.TASKS_WRITE))]
App = Annotated[Gateway, Depends(gateway_of)]

_AUDIO: dict[int | str, dict[str, Any]] = {
    200: {
        **NAMES_TASK,
        "content": {name: {} for name in (*MEDIA_TYPES.values(), "text/event-stream")},
        "description": "The audio",
    }
}


@router.post(
    "/audio/speech",
    response_class=Response,
    responses=_AUDIO,
    openapi_extra=json_body(SpeechRequest.model_json_schema()),
)
async def create_speech(request: Request, caller: Writer, gateway: App) -> Response:
    """Speak `input`: the audio file, or events with pieces of it (`stream_format`: `sse`).

    `voice` is one of OpenAI's names, or of Warren's (`GET /api/v1/kinds`, `tts.synthesize`).
    """
    ensure_place(gateway)
    body = await read_body(request, gateway.settings.max_body_bytes)
    wanted = SpeechRequest.of(parse_object(body))
    model = await offer(gateway.catalogue, caller, wanted.model, SynthesizeSpeech)
    payload = speech_payload(wanted, model)
    streams = "stream" in payload
    if streams:
        gateway.following.places.ensure_free(caller.actor)

    async def accept(request: Request) -> Response:
        with in_words_of(OF_SPEECH):
            return await ask_for(SynthesizeSpeech, payload, request, caller, gateway)

    with gateway.following.places.taken(caller.actor) if streams else place(gateway):
        response = await answer_once(request, body, accept)
        task = accepted_task(request, response)
        if task is None:
            return response
        if streams:
            listening = Listening(caller.actor, task, wanted)
            return await spoken_answer(request, gateway, listening)
        row = await succeeded_task(request, gateway, task, OF_SPEECH)
    return await audio_answer(request, gateway, row, wanted, task.headers)


@router.post(
    "/images/generations",
    response_model=PaintedPictures,
    responses={200: NAMES_TASK},
    openapi_extra=json_body(GenerationRequest.model_json_schema()),
)
async def generate_images(request: Request, caller: Writer, gateway: App) -> Response:
    """Paint what `prompt` says: `n` pictures, as links that expire, or as files in Base64."""
    ensure_place(gateway)
    body = await read_body(request, gateway.settings.max_body_bytes)
    wanted = GenerationRequest.of(parse_object(body))
    named = wanted.model or GenerateImage.kind
    model = await offer(gateway.catalogue, caller, named, GenerateImage)
    payload = picture_payload(wanted, model)

    async def accept(request: Request) -> Response:
        with in_words_of(OF_PICTURE):
            return await ask_for(
                GenerateImage, payload, request, caller, gateway, user_id=wanted.user_id
            )

    with place(gateway):
        response = await answer_once(request, body, accept)
        task = accepted_task(request, response)
        if task is None:
            return response
        row = await succeeded_task(request, gateway, task, OF_PICTURE)
    as_files = wanted.wants_files(default=model.answers_with_files)
    return await pictures_answer(request, gateway, row, task.headers, as_files=as_files)
