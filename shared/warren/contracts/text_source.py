"""Jobs whose text is given inline, or as an artifact where it is long."""

from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, model_validator

from warren.contracts.artifact import SPILL_KEYWORD, ArtifactRef
from warren.contracts.job import Job
from warren.contracts.texts import NOT_BLANK

MAX_INLINE_CHARACTERS = 100_000


def _one_source_of_text(schema: dict[str, Any]) -> None:
    schema["oneOf"] = [{"required": ["text"]}, {"required": ["artifact_id"]}]


class TextSource(Job):
    """Base of such jobs; the gateway makes an artifact of a text that does not fit a payload."""

    model_config = ConfigDict(json_schema_extra=_one_source_of_text)

    text: (
        Annotated[
            str,
            Field(
                min_length=1,
                max_length=MAX_INLINE_CHARACTERS,
                pattern=NOT_BLANK,
                json_schema_extra={SPILL_KEYWORD: "artifact_id"},
            ),
        ]
        | None
    ) = None
    artifact_id: ArtifactRef | None = None

    @model_validator(mode="after")
    def _has_one_source(self) -> Self:
        if (self.text is None) == (self.artifact_id is None):
            raise ValueError("give either text or artifact_id")
        return self
