"""From OpenAI's parameters to payloads of jobs: the one place that knows how they correspond."""

from typing import Any

from gateway.openai_compatible.offers import Offer
from gateway.openai_compatible.schemas import GenerationRequest, SpeechRequest
from gateway.openai_compatible.voices import chosen_voice

#: Which parameter a field of the job comes from.
OF_SPEECH = {
    "text": "input",
    "artifact_id": "input",
    "language": "input",
    "voice_name": "voice",
    "output_format": "response_format",
}
OF_PICTURE = {"width": "size", "height": "size", "provider": "model", "user_id": "user"}
#: What `auto` is, in pixels.
_USUAL_SIDES = (1024, 1024)
#: Characters; a shorter text is spoken before anybody could be waiting for its first sentence.
_WORTH_STREAMING = 300


def speech_payload(wanted: SpeechRequest, model: Offer) -> dict[str, Any]:
    """Of a `tts.synthesize`. Raises InvalidFields for a voice that is not there."""
    schema = model.kind.definition.payload_schema
    # A tts-worker of an earlier release announces no parts.
    streams = "stream" in schema["properties"] and len(wanted.input) > _WORTH_STREAMING
    return {
        "text": wanted.input,
        "output_format": wanted.response_format,
        "speed": wanted.speed,
        **chosen_voice(wanted.voice, wanted.input, schema),
        **({"stream": True} if streams else {}),
    }


def picture_payload(wanted: GenerationRequest, model: Offer) -> dict[str, Any]:
    """Of an `image.generate`."""
    width, height = wanted.sides or _USUAL_SIDES
    return {
        "prompt": wanted.prompt,
        "width": width,
        "height": height,
        "n": wanted.n,
        "output_format": wanted.output_format,
        "provider": model.provider,
    }
