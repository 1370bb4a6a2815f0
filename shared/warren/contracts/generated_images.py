"""Pictures of what books describe, and the fact that pictures were generated.

`descriptions` of a job is a file of NDJSON, one `DescriptionToPicture` a line; other members of a
line are ignored, so that the file of `book.processed.v1` is one.
"""

from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from warren.contracts.artifact import ArtifactRef
from warren.contracts.batches import BatchCallback
from warren.contracts.events import Event
from warren.contracts.images import (
    MAX_PROMPT_CHARACTERS,
    MAX_SEED,
    MAX_STEPS,
    ProviderName,
    Side,
    StyleWords,
    TaskType,
)
from warren.contracts.texts import NOT_BLANK

MAX_DESCRIPTIONS = 100
DEFAULT_FOR_BOOK = 10
DESCRIPTIONS_MEDIA_TYPE = "application/x-ndjson"

UserId = Annotated[str, Field(min_length=1, max_length=200)]


class PictureOptions(BaseModel):
    """How each of several pictures is made; the seed of one is that of its description if none is
    given. `style` is in words, such as `watercolour`."""

    width: Side = 512
    height: Side = 512
    num_inference_steps: Annotated[int, Field(ge=1, le=MAX_STEPS)] = 30
    guidance_scale: Annotated[float, Field(ge=0, le=30)] = 7.5
    seed: Annotated[int, Field(ge=0, le=MAX_SEED)] | None = None
    style: StyleWords | None = None
    provider: ProviderName | None = None


class GenerateForDescriptions(PictureOptions, BatchCallback):
    """Picture each of `count` descriptions, an `image.generate` for each. One that fails does not
    end the others. Leave `batch` out: it tells the task how they have ended."""

    kind: ClassVar[str] = "image.generate_for_descriptions"

    descriptions: ArtifactRef
    count: Annotated[int, Field(ge=1, le=MAX_DESCRIPTIONS)]
    user_id: UserId | None = None
    book_id: UUID | None = None


class GenerateForBook(PictureOptions, BatchCallback):
    """Picture the best descriptions of a book, from as many of its chapters as possible. Leave
    `batch` out: it tells the task how they have ended."""

    kind: ClassVar[str] = "image.generate_for_book"

    book_id: UUID
    descriptions: ArtifactRef
    limit: Annotated[int, Field(ge=1, le=MAX_DESCRIPTIONS)] = DEFAULT_FOR_BOOK
    user_id: UserId | None = None


class DescriptionToPicture(BaseModel):
    """A line of a file of descriptions; `score` (0-100) says how well it can be pictured."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    description_id: UUID
    text: Annotated[
        str, Field(min_length=1, max_length=4 * MAX_PROMPT_CHARACTERS, pattern=NOT_BLANK)
    ]
    type: str | None = None
    score: float = 0.0
    chapter: int | None = None


class ImageState(StrEnum):
    """What became of a description."""

    GENERATED = "generated"
    FAILED = "failed"


class PicturedDescription(BaseModel):
    """A description with its picture, or why there is none; sizes in pixels.

    `image_url` is a link that the gateway makes when the result is read.
    """

    description_id: UUID
    status: ImageState
    image_url: str | None = None
    error: str | None = None
    artifact_id: UUID | None = None
    thumbnail_id: UUID | None = None
    provider: str | None = None
    model: str | None = None
    width: int | None = None
    height: int | None = None
    seconds: float = 0.0
    cached: bool = False


class PicturedDescriptions(BaseModel):
    """The report of `image.generate_for_descriptions`, in the order of the descriptions."""

    user_id: str | None
    book_id: UUID | None
    requested_count: int
    generated_count: int
    failed_count: int
    total_time_seconds: float
    generated_images: list[PicturedDescription]


class PicturedBook(BaseModel):
    """The report of `image.generate_for_book`; `selected_descriptions` were tried, the best first.
    There may be fewer than `limit`."""

    book_id: UUID
    user_id: str | None
    limit: int
    selected_descriptions: int
    generated_count: int
    failed_count: int
    processing_time_seconds: float
    generated_images: list[PicturedDescription]


class GeneratedImage(BaseModel):
    """A picture that was made, of a description where it names one; sizes in pixels."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    artifact: ArtifactRef
    provider: str
    width: int
    height: int
    description_id: UUID | None = None


class ImagesGenerated(Event):
    """A task has made pictures, by the operation that `task_type` names; `book_id` is the book that
    they picture, if any."""

    type: ClassVar[str] = "images.generated.v1"

    task_id: UUID
    task_type: TaskType = TaskType.GENERATION
    customer_id: UUID
    book_id: UUID | None = None
    images: list[GeneratedImage]
