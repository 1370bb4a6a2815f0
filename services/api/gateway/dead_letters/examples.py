"""What the API's document shows of dead letters."""

from gateway.customers.problems import CustomerBeingErased
from gateway.openapi.examples import Examples
from gateway.openapi.values import SHA256, TASK
from gateway.problems import LetterMoot, LetterResolved, LetterWithoutTask

_LETTERS = "/api/v1/dead-letters"
_FILTER = {"kind": "tts.synthesize", "source": "exhausted"}
_LETTER = f"{_LETTERS}/{{letter_id}}"
_ERROR = {"type": "ProviderDown", "message": "the voice server does not answer"}
_CAUSE = "ProviderDown: the voice server does not answer"

EXAMPLES = Examples(
    tags={"dead letters": "What was given up: why, and again (operators)"},
    bodies={
        f"POST {_LETTER}/discard": {"reason": "the book was withdrawn"},
        f"POST {_LETTERS}/replay": {"filter": _FILTER},
        f"POST {_LETTERS}/discard": {"filter": _FILTER, "reason": "the book was withdrawn"},
    },
    values={
        "Cause.queues": ["tts.default"],
        "cause": _CAUSE,
        **{
            f"{schema}.{field}": value
            for schema in ("Letter", "LetterSummary", "Cause")
            for field, value in {"source": "exhausted", "error": _ERROR}.items()
        },
        "resolution": None,
        "resolved_at": None,
        "resolved_by": None,
        "resolution_reason": None,
        "Letter.message": {"actor_name": "tts.synthesize", "message_id": f"{TASK}.1.4"},
        "message_base64": None,
        "message_sha256": SHA256,
        "x_death": None,
    },
    problems={
        f"POST {_LETTER}/replay": (
            CustomerBeingErased,
            LetterMoot,
            LetterResolved,
            LetterWithoutTask,
        ),
        f"POST {_LETTER}/discard": (LetterResolved,),
    },
)
