"""What the API's document shows of a chatbot's documents."""

from gateway.documents.problems import (
    DocumentNotFound,
    SourceNotFound,
    TooManyMoved,
    UnusableFile,
    UnusableUrl,
)
from gateway.openapi.examples import Examples, Trait
from gateway.openapi.values import TASK
from gateway.problems import ArtifactStoreUnavailable

_DOCUMENTS = "/api/v1/documents"
_ADDRESS = f"/api/v1/artifacts/{TASK}"

EXAMPLES = Examples(
    tags={"documents": "Documents that a chatbot is kept in step with"},
    bodies={
        f"POST {_DOCUMENTS}/upload-text": {
            "source": "handbook",
            "name": "opening-hours",
            "text": "We are open from nine to five.",
            "metadata": {"language": "en"},
        },
        f"POST {_DOCUMENTS}/upload-url": {
            "source": "website",
            "url": "https://example.org/opening-hours",
        },
        f"POST {_DOCUMENTS}/upload-file": {"file": "(the file)", "source": "handbook"},
    },
    values={
        "DocumentAccepted.message": "the document is queued",
        "DocumentsDeleted.message": "the deletion is queued",
        "SyncAccepted.message": "the reindexing is queued",
        "SourceView.source": "handbook",
        "OriginalView.source": "handbook",
        "DocumentView.source": "handbook",
        "DocumentView.sync": "synced",
        "DocumentView.name": "opening-hours.txt",
        "DocumentView.origin": "file",
        "DocumentView.url": None,
        "DocumentView.media_type": "text/plain",
        "DocumentView.language": "en",
        "OriginalView.name": "opening-hours.txt",
        "OriginalView.media_type": "text/plain",
        "Download.url": _ADDRESS,
    },
    problems={
        f"POST {_DOCUMENTS}/upload-text": (DocumentNotFound,),
        f"POST {_DOCUMENTS}/upload-url": (DocumentNotFound, UnusableUrl),
        f"POST {_DOCUMENTS}/upload-file": (
            DocumentNotFound,
            UnusableFile,
            ArtifactStoreUnavailable,
        ),
        f"DELETE {_DOCUMENTS}/delete-by-source": (SourceNotFound, TooManyMoved),
        f"GET {_DOCUMENTS}/{{document_id}}": (DocumentNotFound,),
    },
    traits={f"POST {_DOCUMENTS}/upload-file": (Trait.KEYED,)},
)
