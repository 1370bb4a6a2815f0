"""What OpenAI's clients send, and are answered."""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from gateway.problems import InvalidFields
from gateway.tasks.envelope import field_errors
from warren.contracts.images import Prompt
from warren.contracts.texts import PLAIN_TEXT

AudioFormat = Literal["mp3", "opus", "aac", "flac", "wav", "pcm"]
PictureFile = Literal["png", "jpeg", "webp"]
Name = Annotated[str, Field(min_length=1, max_length=200, pattern=PLAIN_TEXT)]
_SIZE = re.compile(r"([0-9]{1,5})x([0-9]{1,5})")


def _by_id(value: Any) -> Any:
    return value["id"] if isinstance(value, dict) and set(value) == {"id"} else value


def _size(value: str) -> str:
    if value != "auto" and not _SIZE.fullmatch(value):
        raise ValueError("must be auto or <width>x<height>, such as 1024x1024")
    return value


def _no_stream(value: bool) -> bool:
    if value:
        raise ValueError("must be false: pictures come when they are finished")
    return value


Size = Annotated[str, AfterValidator(_size)]


class _Request(BaseModel):
    """Base of what clients send; parameters that change nothing here are named and ignored."""

    model_config = ConfigDict(extra="forbid")

    @classmethod
    def of(cls, given: dict[str, Any]) -> Self:
        """Check everything that is no matter of the job; null counts as absent.

        Raises InvalidFields.
        """
        try:
            return cls.model_validate({k: v for k, v in given.items() if v is not None})
        except ValidationError as error:
            raise InvalidFields(field_errors(error, cls)) from error


class SpeechRequest(_Request):
    """The body of `POST /v1/audio/speech`; `instructions` are ignored.

    `voice` may also be `{"id": name}`.
    """

    model: Name
    input: str
    voice: Annotated[Name, BeforeValidator(_by_id)]
    response_format: AudioFormat = "mp3"
    speed: Annotated[float, Field(ge=0.25, le=4, strict=True)] = 1.0
    stream_format: Literal["audio", "sse"] = "audio"
    instructions: str | None = None


class PictureRequest(_Request):
    """What requests for pictures share. Ignored: `quality`, `output_compression`, `moderation`."""

    prompt: Prompt
    model: Name | None = None
    n: Annotated[int, Field(ge=1)] = 1
    size: Size = "auto"
    response_format: Literal["url", "b64_json"] | None = None
    output_format: PictureFile = "png"
    background: Literal["auto", "opaque"] = "auto"
    stream: Annotated[bool, AfterValidator(_no_stream)] = False
    partial_images: Annotated[int, Field(ge=0, le=0)] = 0
    user: Name | None = None
    safety_identifier: Name | None = None
    quality: str | None = None
    output_compression: int | None = None
    moderation: str | None = None

    @property
    def user_id(self) -> str | None:
        """The caller's own id of its user, by either name."""
        return self.safety_identifier or self.user

    def wants_files(self, *, default: bool) -> bool:
        """Whether pictures are to come as Base64; `default` where nobody says it."""
        return self.response_format == "b64_json" if self.response_format else default

    @property
    def sides(self) -> tuple[int, int] | None:
        """Width and height in pixels; None for `auto`."""
        match = _SIZE.fullmatch(self.size)
        return (int(match[1]), int(match[2])) if match else None


class GenerationRequest(PictureRequest):
    """The body of `POST /v1/images/generations`; `style` is ignored as well."""

    style: Literal["vivid", "natural"] | None = None


class EditRequest(PictureRequest):
    """The texts of the form of `POST /v1/images/edits`; `input_fidelity` is ignored as well."""

    n: Annotated[int, Field(ge=1, le=1)] = 1
    input_fidelity: str | None = None


class PaintedPicture(BaseModel):
    """A finished picture: a link to it, or the file in Base64."""

    url: str | None = None
    b64_json: str | None = None
    revised_prompt: str | None = None


class PaintedPictures(BaseModel):
    """The answer to requests for pictures; `created` in Unix seconds."""

    created: int
    data: list[PaintedPicture]
    output_format: PictureFile
    size: str


class ModelView(BaseModel):
    """A model; `created` is when its service first announced it, in Unix seconds."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str = "warren"


class ModelList(BaseModel):
    """All models that the caller may name."""

    object: Literal["list"] = "list"
    data: list[ModelView]
