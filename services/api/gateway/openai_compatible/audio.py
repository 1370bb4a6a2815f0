"""Spoken text as OpenAI's clients get it: the file, or events with pieces of it."""

from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from typing import Any

import orjson
from anyio import to_thread
from starlette.concurrency import iterate_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from gateway.artifacts.serving import file_response
from gateway.composition import Gateway
from gateway.openai_compatible.schemas import SpeechRequest
from gateway.problems import ArtifactGone
from warren.artifacts import ArtifactMissing
from warren.contracts.speech import Speech

#: As OpenAI declares them; an artifact's own type may be that of its container.
MEDIA_TYPES = {
    "mp3": "audio/mpeg",
    "opus": "audio/opus",
    "aac": "audio/aac",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "pcm": "audio/pcm",
}
_EVENTS = "text/event-stream; charset=utf-8"
#: Nothing here counts tokens.
_DONE = {
    "type": "speech.audio.done",
    "usage": {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0},
}


async def audio_answer(
    request: Request,
    gateway: Gateway,
    row: dict[str, Any],
    wanted: SpeechRequest,
    headers: Mapping[str, str],
) -> Response:
    """What the succeeded task of `row` has spoken. Raises ArtifactGone."""
    made = Speech.model_validate(row["result"])
    if wanted.stream_format == "audio":
        found = await gateway.artifacts.find(made.artifact_id, row["customer_id"])
        typed = found.model_copy(update={"media_type": MEDIA_TYPES[wanted.response_format]})
        return await file_response(request, gateway.artifacts.store, typed, headers)
    try:
        chunks = await to_thread.run_sync(gateway.artifacts.store.open, made.sha256)
    except ArtifactMissing as error:
        raise ArtifactGone(f"the audio of task {row['id']} is gone") from error
    return sent_on(iterate_in_threadpool(chunks), wanted, headers)


def sent_on(
    pieces: AsyncIterator[bytes], wanted: SpeechRequest, headers: Mapping[str, str]
) -> StreamingResponse:
    """The pieces as they come: bytes of the file, or OpenAI's events, up to `speech.audio.done`."""
    if wanted.stream_format == "audio":
        media_type = MEDIA_TYPES[wanted.response_format]
        return StreamingResponse(pieces, headers=headers, media_type=media_type)
    headers = {**headers, "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_events(pieces), headers=headers, media_type=_EVENTS)


async def _events(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    async for piece in pieces:
        encoded = b64encode(piece).decode()
        yield _event({"type": "speech.audio.delta", "audio": encoded})
    yield _event(_DONE)


def _event(said: dict[str, Any]) -> bytes:
    return b"data: %s\n\n" % orjson.dumps(said)
