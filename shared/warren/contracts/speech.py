"""Speech: text goes in, an audio file comes out."""

from enum import StrEnum
from typing import Annotated, Any, ClassVar, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from warren.contracts.artifact import SPILL_KEYWORD, ArtifactRef, Sha256
from warren.contracts.events import Event
from warren.contracts.job import Job

MAX_INLINE_CHARACTERS = 100_000


class AudioFormat(StrEnum):
    """Containers that every engine can deliver."""

    WAV = "wav"
    MP3 = "mp3"


def _one_source_of_text(schema: dict[str, Any]) -> None:
    schema["oneOf"] = [{"required": ["text"]}, {"required": ["artifact_id"]}]


class SynthesizeSpeech(Job):
    """Speak a text, given inline or as an uploaded UTF-8 text file.

    Without `voice_name` and `language` the text is taken to be English.
    """

    model_config = ConfigDict(json_schema_extra=_one_source_of_text)

    kind: ClassVar[str] = "tts.synthesize"

    text: (
        Annotated[
            str,
            Field(
                min_length=1,
                max_length=MAX_INLINE_CHARACTERS,
                pattern=r"\S",
                json_schema_extra={SPILL_KEYWORD: "artifact_id"},
            ),
        ]
        | None
    ) = None
    artifact_id: ArtifactRef | None = None
    voice_name: str | None = None
    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[a-zA-Z0-9]{2,8})*$")] | None = None
    output_format: AudioFormat = AudioFormat.WAV
    speed: Annotated[float, Field(ge=0.25, le=4.0)] = 1.0

    @model_validator(mode="after")
    def _has_one_source(self) -> Self:
        if (self.text is None) == (self.artifact_id is None):
            raise ValueError("give either text or artifact_id")
        return self


class Speech(BaseModel):
    """The spoken text: `artifact_id` is the audio file; durations in seconds, rate in hertz."""

    artifact_id: UUID
    media_type: str
    sha256: Sha256
    size_bytes: int
    duration_seconds: float
    sample_rate: int
    voice: str
    provider: str
    processing_seconds: float


class SpeechSynthesized(Event):
    """A text has been spoken."""

    type: ClassVar[str] = "speech.synthesized.v1"

    task_id: UUID
    customer_id: UUID
    artifact: ArtifactRef
