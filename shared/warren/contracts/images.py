"""Pictures: generated, faces swapped, backgrounds removed, restyled, enhanced.

Each kind has a `task_type`, by which its REST endpoint and statistics name it. Results name files
by artifact id; the gateway makes signed URLs (`image_url`, `mask_url`, `thumbnail_url`) when they
are read.
"""

from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from warren.contracts.artifact import ArtifactRef, Sha256
from warren.contracts.colours import COLOUR
from warren.contracts.job import Job
from warren.contracts.texts import PLAIN_TEXT, PLAIN_WORDS

MAX_PROMPT_CHARACTERS = 5_000
MAX_SIDE, MIN_SIDE, SIDE_STEP = 2_048, 64, 8
MAX_STEPS = 150
MAX_PICTURES = 8
MAX_SEED = 2**32 - 1


class TaskType(StrEnum):
    """What a picture job does, in one word of the REST interface."""

    GENERATION = "image_generation"
    FACE_SWAP = "face_swap"
    BACKGROUND_REMOVAL = "background_removal"
    STYLE_TRANSFER = "style_transfer"
    ENHANCEMENT = "image_enhancement"


class PictureFormat(StrEnum):
    """Files that every picture job can deliver."""

    PNG = "png"
    JPEG = "jpeg"
    WEBP = "webp"

    @property
    def media_type(self) -> str:
        """`image/png`, `image/jpeg` or `image/webp`."""
        return f"image/{self.value}"


Prompt = Annotated[str, Field(min_length=1, max_length=MAX_PROMPT_CHARACTERS, pattern=PLAIN_WORDS)]
NegativePrompt = Annotated[str, Field(max_length=MAX_PROMPT_CHARACTERS, pattern=PLAIN_TEXT)]
#: In words, such as `watercolour`; no path and no address.
StyleWords = Annotated[str, Field(pattern=r"^\w[\w ,'-]{0,99}$")]
ProviderName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,40}$")]
Side = Annotated[int, Field(ge=MIN_SIDE, le=MAX_SIDE, multiple_of=SIDE_STEP)]
Share = Annotated[float, Field(ge=0, le=1)]
Colour = Annotated[str, Field(pattern=COLOUR)]


class GenerateImage(Job):
    """Make pictures of what a text describes.

    `seed` makes it reproducible; without one it follows from the task. Of `n` pictures each has a
    seed of its own: `seed`, `seed` + 1 and so on. `style` says how a prompt that is refined looks.
    """

    kind: ClassVar[str] = "image.generate"
    task_type: ClassVar[TaskType] = TaskType.GENERATION

    prompt: Prompt
    negative_prompt: NegativePrompt = ""
    width: Side = 512
    height: Side = 512
    num_inference_steps: Annotated[int, Field(ge=1, le=MAX_STEPS)] = 30
    guidance_scale: Annotated[float, Field(ge=0, le=30)] = 7.5
    seed: Annotated[int, Field(ge=0, le=MAX_SEED)] | None = None
    n: Annotated[int, Field(ge=1, le=MAX_PICTURES)] = 1
    #: One of those that the deployment has switched on; its first one if left out.
    provider: ProviderName | None = None
    output_format: PictureFormat = PictureFormat.PNG
    #: Whether the prompt is made better first, as `prompt.refine` does it.
    refine: bool = False
    style: StyleWords | None = None
    #: Of which book and description it is a picture, if of any: lists tell.
    book_id: UUID | None = None
    description_id: UUID | None = None


class PictureFile(BaseModel):
    """A finished picture and its thumbnail (at most 256 pixels a side); sizes in pixels."""

    artifact_id: UUID
    thumbnail_id: UUID
    media_type: str
    sha256: Sha256
    size_bytes: int
    width: int
    height: int
    #: Of generated pictures.
    seed: int | None = None


class PictureMetadata(BaseModel):
    """How a picture came to be. `size` is `<width>x<height>`; `provider` who made it, as its file
    says, too."""

    provider: str
    model: str
    size: str
    seed: int | None = None
    steps: int | None = None
    #: What else is worth knowing of this operation, for example the faces that were swapped.
    details: dict[str, Any] = {}


class Pictures(BaseModel):
    """What every picture job results in; `artifact_id` is the first of `artifacts`.

    `processing_time` is in seconds. `cached`: the same was asked before, and made then.
    """

    task_type: TaskType
    artifact_id: UUID
    thumbnail_id: UUID
    artifacts: list[PictureFile]
    processing_time: float
    metadata: PictureMetadata
    cached: bool = False
    #: Of generated pictures.
    prompt_used: str | None = None
    negative_prompt: str | None = None
    #: Of removed backgrounds, when it was asked for.
    mask_id: UUID | None = None


class SwapFace(Job):
    """Put the face in `image` in the place of the face in `target_image`.

    Faces are numbered from the left, from 0. Left out, `source_face` is the largest one and
    `target_faces` the largest one; `all_faces` replaces every face of the target.
    """

    kind: ClassVar[str] = "image.swap_face"
    task_type: ClassVar[TaskType] = TaskType.FACE_SWAP

    image: ArtifactRef
    target_image: ArtifactRef
    blend_ratio: Share = 0.8
    source_face: Annotated[int, Field(ge=0, le=99)] | None = None
    target_faces: Annotated[list[Annotated[int, Field(ge=0, le=99)]], Field(max_length=20)] = []
    all_faces: bool = False
    output_format: PictureFormat = PictureFormat.PNG


def _one_background_and_jpeg_has_one(schema: dict[str, Any]) -> None:
    schema["dependentSchemas"] = {"background_image": {"properties": {"background": False}}}
    schema["if"] = {
        "properties": {"output_format": {"const": PictureFormat.JPEG.value}},
        "required": ["output_format"],
    }
    schema["then"] = {"anyOf": [{"required": ["background"]}, {"required": ["background_image"]}]}


class RemoveBackground(Job):
    """Cut out what a picture shows, on transparency, a colour or another picture.

    `background` is `#rrggbb` or a CSS name; it or `background_image` may be given, not both. `crop`
    leaves only what was cut out, with a margin of `crop_margin` pixels. JPEG knows no transparency:
    it needs a background.
    """

    model_config = ConfigDict(json_schema_extra=_one_background_and_jpeg_has_one)

    kind: ClassVar[str] = "image.remove_background"
    task_type: ClassVar[TaskType] = TaskType.BACKGROUND_REMOVAL

    image: ArtifactRef
    return_mask: bool = False
    background: Colour | None = None
    background_image: ArtifactRef | None = None
    crop: bool = False
    crop_margin: Annotated[int, Field(ge=0, le=500)] = 0
    output_format: PictureFormat = PictureFormat.PNG

    @model_validator(mode="after")
    def _has_the_background_that_it_needs(self) -> Self:
        if self.background is not None and self.background_image is not None:
            raise ValueError("give background or background_image, not both")
        bare = self.background is None and self.background_image is None
        if bare and self.output_format is PictureFormat.JPEG:
            raise ValueError("JPEG knows no transparency: give a background, or png or webp")
        return self


class StyleName(StrEnum):
    """Styles that need no reference picture."""

    WATERCOLOUR = "watercolour"
    OIL = "oil"
    PENCIL = "pencil"
    COLOUR_PENCIL = "colour_pencil"
    INK = "ink"
    PIXEL_ART = "pixel_art"
    CARTOON = "cartoon"
    POSTER = "poster"
    SEPIA = "sepia"


def _style_or_reference(schema: dict[str, Any]) -> None:
    schema["anyOf"] = [{"required": ["style"]}, {"required": ["style_image"]}]


class TransferStyle(Job):
    """Repaint a picture in a named style, in the colours of `style_image`, or both.

    `strength` mixes the result with the original (0); `texture` says how much of the reference's
    surface is taken over. With `width` and `height` the result is cut and scaled to that size; with
    one of them it keeps its proportions.
    """

    model_config = ConfigDict(json_schema_extra=_style_or_reference)

    kind: ClassVar[str] = "image.transfer_style"
    task_type: ClassVar[TaskType] = TaskType.STYLE_TRANSFER

    image: ArtifactRef
    style: StyleName | None = None
    style_image: ArtifactRef | None = None
    strength: Share = 1.0
    texture: Share = 0.0
    output_format: PictureFormat = PictureFormat.PNG
    width: Side | None = None
    height: Side | None = None

    @model_validator(mode="after")
    def _has_a_style(self) -> Self:
        if self.style is None and self.style_image is None:
            raise ValueError("give style or style_image")
        return self


class EnhanceImage(Job):
    """Make a picture larger and better.

    Done in this order: `denoise`, `scale` (1, 2 or 4 times as wide and high), `white_balance`,
    `contrast`, `sharpen`. The amounts are from 0 (nothing) to 1.
    """

    kind: ClassVar[str] = "image.enhance"
    task_type: ClassVar[TaskType] = TaskType.ENHANCEMENT

    image: ArtifactRef
    scale: Literal[1, 2, 4] = 2
    denoise: Share = 0.0
    white_balance: bool = False
    contrast: Share = 0.0
    sharpen: Share = 0.0
    output_format: PictureFormat = PictureFormat.PNG
