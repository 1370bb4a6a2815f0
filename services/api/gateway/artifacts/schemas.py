"""What an upload is answered with."""

from uuid import UUID

from pydantic import BaseModel

from gateway.addresses import artifact_url
from warren.contracts.artifact import ArtifactRef


class ArtifactView(BaseModel):
    """A stored file; `size` in bytes. `artifact_id` is what payloads name it by, and its `id`."""

    id: UUID
    artifact_id: UUID
    sha256: str
    size: int
    media_type: str
    name: str
    url: str

    @classmethod
    def of(cls, reference: ArtifactRef) -> "ArtifactView":
        """The view of a reference."""
        return cls(
            artifact_id=reference.id,
            url=artifact_url(reference.id),
            **reference.model_dump(),
        )
