"""What the API's document shows of speech."""

from gateway.openapi.examples import Examples
from gateway.problems import ArtifactNotFound

_SPEECH = "POST /api/v1/speech"

EXAMPLES = Examples(
    tags={"speech": "Text to speech"},
    bodies={
        _SPEECH: {
            "text": "The old harbour lay under a heavy grey sky.",
            "language": "en",
            "output_format": "mp3",
        }
    },
    problems={_SPEECH: (ArtifactNotFound,)},
)
