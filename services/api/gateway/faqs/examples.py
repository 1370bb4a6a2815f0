"""What the API's document shows of a chatbot's FAQs."""

from gateway.faqs.problems import FaqNotFound, ImportNotFound, UnusableImport
from gateway.openapi.examples import Examples, Trait
from gateway.openapi.values import TASK
from gateway.problems import ArtifactNotFound, MalformedUpload

_FAQ = "/api/v1/mobile-faq"
_ONE = f"{_FAQ}/{{faq_id}}"
_QUESTION = "When are you open?"
_BODY = {"question": _QUESTION, "answer": "From nine to five.", "files": []}

EXAMPLES = Examples(
    tags={"faqs": "Questions and answers that a chatbot is kept in step with"},
    bodies={
        f"POST {_FAQ}": _BODY,
        f"PUT {_ONE}": _BODY,
        f"POST {_FAQ}/import": {"file": "(the table)"},
    },
    values={
        "FaqAccepted.message": "the FAQ is queued",
        "FaqsDeleted.message": "the deletion is queued",
        "ImportAccepted.message": "the import is queued",
        "question": _QUESTION,
        "answer": "From nine to five.",
        "FaqView.sync": "synced",
        "FileView.name": "map.png",
        "FileView.media_type": "image/png",
        "FileView.url": f"/api/v1/artifacts/{TASK}",
        "SkippedRow.reason": "unchanged",
    },
    problems={
        f"POST {_FAQ}": (ArtifactNotFound,),
        f"PUT {_ONE}": (FaqNotFound, ArtifactNotFound),
        f"GET {_ONE}": (FaqNotFound,),
        f"DELETE {_ONE}": (FaqNotFound,),
        f"POST {_FAQ}/import": (UnusableImport, MalformedUpload),
        f"GET {_FAQ}/import/{{import_id}}": (ImportNotFound,),
    },
    traits={f"POST {_FAQ}/import": (Trait.KEYED,)},
)
