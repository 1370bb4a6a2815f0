"""What the API's document shows of files."""

from gateway.openapi.examples import Examples, Trait
from gateway.openapi.values import TASK
from gateway.problems import (
    ArtifactGone,
    ArtifactNotFound,
    ArtifactStoreUnavailable,
    CorruptContent,
    LinkExpired,
    LinkNotValid,
    MalformedUpload,
    RangeNotSatisfiable,
)

_ARTIFACTS = "/api/v1/artifacts"
_ARTIFACT = f"GET {_ARTIFACTS}/{{artifact_id}}"

EXAMPLES = Examples(
    tags={"artifacts": "Files: uploads, and what jobs have made"},
    bodies={f"POST {_ARTIFACTS} multipart/form-data": {"file": "(the file)"}},
    values={
        "ArtifactView.media_type": "image/png",
        "ArtifactView.name": "portrait.png",
        "ArtifactView.url": f"{_ARTIFACTS}/{TASK}",
    },
    problems={
        f"POST {_ARTIFACTS}": (MalformedUpload, ArtifactStoreUnavailable),
        _ARTIFACT: (
            ArtifactNotFound,
            ArtifactGone,
            CorruptContent,
            LinkNotValid,
            LinkExpired,
            RangeNotSatisfiable,
            ArtifactStoreUnavailable,
        ),
    },
    traits={f"POST {_ARTIFACTS}": (Trait.KEYED,), _ARTIFACT: (Trait.SIGNED,)},
)
