"""What the API's document shows of finding descriptions in a text."""

from gateway.openapi.examples import Examples
from gateway.problems import ArtifactNotFound

_DESCRIPTIONS = "POST /api/v1/nlp/descriptions"

EXAMPLES = Examples(
    tags={"descriptions": "Find the descriptions in a text"},
    bodies={
        _DESCRIPTIONS: {
            "text": "A narrow path led through the dark pine forest to a ruined tower.",
            "language": "en",
            "mode": "ENSEMBLE",
        }
    },
    problems={_DESCRIPTIONS: (ArtifactNotFound,)},
)
