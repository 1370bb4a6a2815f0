"""Many texts spoken by one task: each by a task of its own."""

from enum import StrEnum
from typing import Annotated, Any, ClassVar, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from warren.contracts.artifact import SPILL_KEYWORD, ArtifactRef
from warren.contracts.batches import BatchCallback
from warren.contracts.speech import AudioFormat, LanguageTag, Speed, SynthesizeSpeech
from warren.contracts.states import TaskState
from warren.contracts.texts import NOT_BLANK

MAX_TEXTS = 1_000
#: A longer one is a request of its own: what a member is asked has to fit its message.
MAX_CHARACTERS = 10_000


class SpokenText(BaseModel):
    """One of many texts; what it leaves out is as in `tts.synthesize`."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    text: Annotated[str, Field(min_length=1, max_length=MAX_CHARACTERS, pattern=NOT_BLANK)]
    voice_name: str | None = None
    language: LanguageTag | None = None
    output_format: AudioFormat = AudioFormat.WAV
    speed: Speed = 1.0


class RequestToRepeat(BaseModel):
    """An earlier request as it stood when it was named in a batch: a line of its file."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    request_id: UUID
    state: TaskState
    job: SynthesizeSpeech


def _one_source(schema: dict[str, Any]) -> None:
    schema["oneOf"] = [{"required": ["items"]}, {"required": ["request_ids"]}]


class SynthesizeBatch(BatchCallback):
    """Speak many texts, or speak earlier requests again that did not succeed.

    Texts that are the same become one task, and so do requests; one that fails does not end the
    others. Leave `batch` out: it tells the task how they have ended.
    """

    kind: ClassVar[str] = "tts.batch"
    model_config = ConfigDict(json_schema_extra=_one_source)

    items: (
        Annotated[
            list[SpokenText],
            Field(
                min_length=1, max_length=MAX_TEXTS, json_schema_extra={SPILL_KEYWORD: "requests"}
            ),
        ]
        | None
    ) = None
    request_ids: Annotated[list[UUID], Field(min_length=1, max_length=MAX_TEXTS)] | None = None
    #: The items where they are long, and what `request_ids` name: a `SpokenText` or a
    #: `RequestToRepeat` on each line. Made by the gateway; callers cannot give one.
    requests: ArtifactRef | None = None

    @classmethod
    def submission_schema(cls) -> dict[str, Any]:
        schema = super().submission_schema()
        del schema["properties"]["requests"]
        return schema

    @model_validator(mode="after")
    def _has_one_source(self) -> Self:
        given = (self.items, self.request_ids)
        if self.requests is None and given.count(None) != 1:
            raise ValueError("give either items or request_ids")
        return self


class SpokenItemStatus(StrEnum):
    """What became of an item: how its task has ended, or that none was needed."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    #: A request that has succeeded before, or has not ended.
    SKIPPED = "skipped"


class SpokenItem(BaseModel):
    """An item of a batch; `position` counts from 0 in the order in which they were given.

    `task_id` speaks it, or has; another item that is the same has the same. `message` says why it
    has no file, or was skipped. Durations in seconds.
    """

    position: int
    status: SpokenItemStatus
    task_id: UUID
    request_id: UUID | None = None
    artifact_id: UUID | None = None
    duration_seconds: float | None = None
    message: str | None = None


class SpokenBatch(BaseModel):
    """What became of a batch: `count` tasks were asked for, `skipped` items needed none.

    `succeeded` and `failed` (in whatever way) count tasks. `report` is a file with a `SpokenItem`
    on each line; `items` are the same, of a batch of up to 100.
    """

    task_ids: list[UUID]
    count: int
    skipped: int
    succeeded: int
    failed: int
    report: UUID
    items: list[SpokenItem] | None
