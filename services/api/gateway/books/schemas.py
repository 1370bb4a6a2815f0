"""What the endpoints of books take and answer."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from gateway.problems import InvalidFields
from gateway.tasks.envelope import field_errors
from gateway.tasks.schemas import TaskError, TaskUrls
from warren.contracts.books import (
    DEFAULT_LOCATIONS,
    MAX_CHAPTERS,
    MAX_ILLUSTRATIONS,
    ChapterKind,
    ChapterNumber,
    CharactersPerLocation,
    Language,
    LocationsCount,
)
from warren.contracts.descriptions import (
    AnalysisMode,
    DescriptionType,
    Mention,
    ModeInAnyCase,
)

_TEXT = r"^[^\x00]*$"


class BookOptions(BaseModel):
    """How a book is to be processed; `illustrate` of its best descriptions are to be pictured."""

    model_config = ConfigDict(extra="forbid")

    mode: ModeInAnyCase = AnalysisMode.ENSEMBLE
    illustrate: Annotated[int, Field(ge=0, le=MAX_ILLUSTRATIONS)] = 0
    locations_count: LocationsCount = DEFAULT_LOCATIONS
    genre: Annotated[str, Field(min_length=1, max_length=50, pattern=_TEXT)] | None = None
    processor: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")] | None = None


class BookUpload(BaseModel):
    """The fields beside the file; those of `options`, a JSON object, may stand by themselves."""

    model_config = ConfigDict(extra="forbid")

    title: Annotated[str, Field(min_length=1, max_length=500, pattern=_TEXT)] | None = None
    language: Language | None = None
    user_id: Annotated[str, Field(min_length=1, max_length=200, pattern=_TEXT)] | None = None
    start: bool = True
    plan: bool = False
    options: BookOptions = BookOptions()

    @model_validator(mode="before")
    @classmethod
    def _gather_options(cls, given: Any) -> Any:
        beside = {name: given[name] for name in BookOptions.model_fields if name in given}
        if not beside:
            return given
        kept = {name: value for name, value in given.items() if name not in beside}
        return {**kept, "options": {**_object(given.get("options") or "{}"), **beside}}

    @field_validator("options", mode="before")
    @classmethod
    def _parse_options(cls, options: Any) -> Any:
        return _object(options) if isinstance(options, str) else options

    @property
    def waits(self) -> bool:
        """Whether it is only planned for now."""
        return self.plan or not self.start


class PlannedChapter(BaseModel):
    """What a plan may say of a chapter."""

    model_config = ConfigDict(extra="forbid", strict=True)

    number: ChapterNumber
    included: bool | None = None
    kind: Annotated[ChapterKind, Field(strict=False)] | None = None


class PlanChange(BaseModel):
    """The body of `PUT /api/v1/books/{id}/plan`: chapters that are not named stay as they are."""

    model_config = ConfigDict(extra="forbid", strict=True)

    chapters: Annotated[list[PlannedChapter], Field(min_length=1, max_length=MAX_CHAPTERS)]

    @model_validator(mode="after")
    def _names_each_once(self) -> Self:
        numbers = [chapter.number for chapter in self.chapters]
        if len(set(numbers)) < len(numbers):
            raise ValueError("a chapter is named twice")
        return self


class LocationsRequest(BaseModel):
    """The body of `POST /api/v1/books/{id}/locations`: how many, or how far apart."""

    model_config = ConfigDict(extra="forbid", strict=True)

    locations_count: LocationsCount = DEFAULT_LOCATIONS
    characters_per_location: CharactersPerLocation | None = None


class SelectionRequest(BaseModel):
    """The body of `POST /api/v1/books/{id}/selection`."""

    model_config = ConfigDict(extra="forbid", strict=True)

    limit: Annotated[int, Field(ge=1, le=MAX_ILLUSTRATIONS)] = 10


def parse_fields(model: type[Any], given: dict[str, Any]) -> Any:
    """Check them; what is null or empty counts as absent. Raises InvalidFields."""
    present = {name: value for name, value in given.items() if value not in (None, "")}
    try:
        return model.model_validate(present)
    except ValidationError as error:
        raise InvalidFields(field_errors(error, model)) from error


def _object(given: Any) -> dict[str, Any]:
    if isinstance(given, dict):
        return given
    try:
        parsed = orjson.loads(given)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"options is not JSON: {error}") from error
    if not isinstance(parsed, dict):
        raise ValueError("options must be an object")  # noqa: TRY004 -- pydantic's way
    return parsed


class BookAccepted(BaseModel):
    """A task about a book that was accepted."""

    book_id: UUID
    task_id: UUID
    kind: str
    status: Literal["pending"] = "pending"
    urls: TaskUrls
    book_url: str


class BookCounts(BaseModel):
    """What there is of a book so far."""

    chapters: int
    words: int
    characters: int
    descriptions: int
    locations: int


class BookTimings(BaseModel):
    """When, and how long its task has run in all."""

    created_at: datetime
    started_at: datetime | None
    processed_at: datetime | None
    processing_time_seconds: float | None


class BookView(BaseModel):
    """A book; `progress` (0-100) and `message` are its task's, `result` of the last processing."""

    book_id: UUID
    title: str | None
    author: str | None
    language: str | None
    format: str
    file_name: str
    media_type: str | None
    size: int | None
    sha256: str | None
    user_id: str | None
    options: BookOptions
    state: str
    task_id: UUID
    progress: int
    message: str | None
    waiting_for: str | None
    error: TaskError | None
    repairs: list[str]
    counts: BookCounts
    timings: BookTimings
    result: dict[str, Any] | None


class BookList(BaseModel):
    """Newest first."""

    items: list[BookView]
    next_cursor: str | None = None


class ChapterView(BaseModel):
    """A chapter; `cfi` is where it begins in an EPUB, `level` 1 for the outermost."""

    number: int
    title: str
    kind: ChapterKind
    level: int
    words: int
    characters: int
    included: bool
    cfi: str | None
    descriptions_found: int


class ChapterList(BaseModel):
    """In their order."""

    book_id: UUID
    items: list[ChapterView]


class ChapterText(ChapterView):
    """A chapter with its text; offsets of descriptions count its characters.

    `truncated`: it has more than two million characters, and these are the first of them.
    """

    text: str
    truncated: bool = False


class PlanView(BaseModel):
    """What would be analysed, and how long that takes here in all, as far as is known."""

    class Chapter(ChapterView):
        """`expected_seconds` if it is analysed."""

        expected_seconds: float

    book_id: UUID
    state: str
    mode: str
    included_chapters: int
    words: int
    expected_seconds: float
    chapters: list[Chapter]


class DescriptionView(BaseModel):
    """A description: characters `start` to `end` of its chapter's text; `score` 0-100."""

    description_id: UUID
    chapter: int
    chapter_title: str
    type: DescriptionType
    text: str
    start: int
    end: int
    cfi: str | None
    score: float
    score_parts: dict[str, float]
    confidence: float
    voters: list[str]
    context_before: str
    context_after: str
    mentions: list[Mention]


class DescriptionList(BaseModel):
    """In the order that was asked for."""

    book_id: UUID
    items: list[DescriptionView]
    next_cursor: str | None = None
