"""What the API's document shows of speech."""

from gateway.openapi.examples import Examples
from gateway.problems import ArtifactNotFound, NotFound

_SPEECH = "POST /api/v1/speech"
_BATCH = "POST /api/v1/speech/batch"
_SENTENCE = "The old harbour lay under a heavy grey sky."

EXAMPLES = Examples(
    tags={"speech": "Text to speech"},
    bodies={
        _SPEECH: {
            "text": _SENTENCE,
            "language": "en",
            "output_format": "mp3",
        },
        _BATCH: {
            "items": [
                {"text": _SENTENCE, "output_format": "mp3"},
                {"text": "Доброе утро!", "language": "ru", "speed": 1.25},
            ]
        },
    },
    problems={_SPEECH: (ArtifactNotFound,), _BATCH: (NotFound,)},
)
