"""What the API's document shows of OpenAI's clients."""

from gateway.images.problems import QuotaSpent
from gateway.openai_compatible.problems import (
    ModelNotFound,
    NoPlaceToWait,
    TaskFailed,
    TaskNotEnded,
    TaskRefused,
    TaskStopped,
)
from gateway.openapi.examples import Examples, Trait
from gateway.openapi.values import TASK
from gateway.problems import (
    ArtifactGone,
    ArtifactNotFound,
    ArtifactStoreUnavailable,
    BacklogFull,
    CorruptContent,
    LaneNotAllowed,
    NoStreamFree,
    RangeNotSatisfiable,
    ResultGone,
    ServiceNotThere,
    TooManyStreams,
    TooManyWaiting,
    UnknownKind,
)

_SPEECH = "POST /v1/audio/speech"
_GENERATE = "POST /v1/images/generations"
_EDIT = "POST /v1/images/edits"
_PROMPT = "a ruined tower covered with yellow ivy"
_OF_TASKS = (
    ModelNotFound,
    NoPlaceToWait,
    UnknownKind,
    LaneNotAllowed,
    BacklogFull,
    TooManyWaiting,
    ServiceNotThere,
    TaskFailed,
    TaskNotEnded,
    TaskRefused,
    ResultGone,
    TaskStopped,
    ArtifactGone,
    ArtifactStoreUnavailable,
    CorruptContent,
)

EXAMPLES = Examples(
    tags={"OpenAI clients": "Speech, pictures and models as OpenAI's clients ask for them"},
    bodies={
        _SPEECH: {
            "model": "tts-1",
            "voice": "alloy",
            "input": "The old harbour lay under a heavy grey sky.",
        },
        _GENERATE: {"prompt": _PROMPT, "size": "512x512", "response_format": "url"},
        _EDIT: {"image": "(the file)", "prompt": "a watercolour", "response_format": "b64_json"},
    },
    values={
        "PaintedPicture.url": f"https://warren.example.com/api/v1/artifacts/{TASK}",
        "PaintedPicture.b64_json": None,
        "revised_prompt": _PROMPT,
        "PaintedPictures.created": 1_795_000_000,
        "PaintedPictures.size": "512x512",
        "ModelView.id": "tts-1",
        "ModelView.created": 1_795_000_000,
    },
    answers={(_SPEECH, 200): 'data: {"type": "speech.audio.delta", "audio": "//NkxAA…"}'},
    problems={
        _SPEECH: (
            *_OF_TASKS,
            ArtifactNotFound,
            TooManyStreams,
            NoStreamFree,
            RangeNotSatisfiable,
        ),
        _GENERATE: (*_OF_TASKS, QuotaSpent),
        _EDIT: _OF_TASKS,
        "GET /v1/models/{model}": (ModelNotFound,),
    },
    traits={_SPEECH: (Trait.KEYED,), _GENERATE: (Trait.KEYED,), _EDIT: (Trait.KEYED,)},
)
