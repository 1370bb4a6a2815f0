"""References to stored files. Messages carry these, never file content."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]

#: JSON Schema keyword that marks a property as the id of an artifact of the caller.
ARTIFACT_KEYWORD = "x-warren-artifact"

#: JSON Schema keyword on a text property: the name of the property that takes the text as an
#: artifact instead. The gateway moves texts there that are too long for a message.
SPILL_KEYWORD = "x-warren-spill"


class ArtifactRef(BaseModel):
    """A stored file: `sha256` finds the content, `id` the row that grants access to it.

    In a job's model, declare a field of type `ArtifactRef`: callers then submit the artifact's id
    and the gateway puts the whole reference into the job.
    """

    model_config = ConfigDict(frozen=True)

    id: UUID
    sha256: Sha256
    size: Annotated[int, Field(ge=0, description="bytes")]
    media_type: str
    name: str

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        if handler.mode == "serialization":
            return handler(schema)
        return submitted_as_id()


def submitted_as_id() -> dict[str, Any]:
    """What a caller sends where a job's model has an `ArtifactRef`."""
    return {
        "type": "string",
        "format": "uuid",
        "description": "id of an uploaded artifact",
        ARTIFACT_KEYWORD: True,
    }
