"""Descriptions in texts: what is worth picturing, found by an ensemble of analysers that vote."""

from enum import StrEnum
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, Field, WithJsonSchema

from warren.contracts.artifact import ArtifactRef
from warren.contracts.text_source import TextSource

#: The media type of a chapter with its reading positions (nlp_worker.chapter_file).
CHAPTER_MEDIA_TYPE = "application/vnd.warren.chapter+json"


class DescriptionType(StrEnum):
    """What a description shows."""

    LOCATION = "location"
    CHARACTER = "character"
    ATMOSPHERE = "atmosphere"
    OBJECT = "object"
    ACTION = "action"


class AnalysisMode(StrEnum):
    """How the analysers work together (docs/architecture/11-books.md)."""

    SINGLE = "SINGLE"
    PARALLEL = "PARALLEL"
    SEQUENTIAL = "SEQUENTIAL"
    ENSEMBLE = "ENSEMBLE"
    ADAPTIVE = "ADAPTIVE"


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


def _in_any_case(words: list[str]) -> str:
    letters = ("".join(f"[{letter}{letter.lower()}]" for letter in word) for word in words)
    return f"^({'|'.join(letters)})$"


#: An `AnalysisMode`, written in capitals or not.
ModeInAnyCase = Annotated[
    AnalysisMode,
    BeforeValidator(_upper),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": _in_any_case([mode.value for mode in AnalysisMode]),
            "description": f"one of {', '.join(AnalysisMode)}, in any case",
        }
    ),
]


class ExtractDescriptions(TextSource):
    """Find the descriptions in a text, given inline, as a UTF-8 text file or as a chapter file.

    A chapter file (`CHAPTER_MEDIA_TYPE`) has reading positions: its descriptions get CFIs. Without
    `language` the text itself says what it is. `processor` names the analyser of mode SINGLE.
    """

    kind: ClassVar[str] = "nlp.extract_descriptions"

    chapter_id: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    mode: ModeInAnyCase = AnalysisMode.ENSEMBLE
    language: Literal["ru", "en"] | None = None
    genre: Annotated[str, Field(max_length=50)] | None = None
    processor: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")] | None = None


class Mention(BaseModel):
    """A person or place that a description speaks of, by the name that the text has last used."""

    name: str
    type: Literal["person", "place", "other"]
    resolved: bool = Field(False, description="a pronoun stands here; the name is further up")


class Description(BaseModel):
    """A passage that can be pictured: `start` and `end` are characters of the text it stands in.

    `score` (0-100) is the sum of `score_parts`; `voters` are the analysers that accepted it;
    `cfi` is a range, known for chapters of EPUBs.
    """

    text: str
    start: int
    end: int
    type: DescriptionType
    score: float
    score_parts: dict[str, float]
    confidence: float
    voters: list[str]
    context_before: str = ""
    context_after: str = ""
    mentions: list[Mention] = []
    cfi: str | None = None
    chapter_id: str | None = None


class ExtractedDescriptions(BaseModel):
    """What came of a text. `descriptions` is a JSON file with all of them (`DescriptionFile`).

    `best` are the first of them by score. `fallbacks` says in words where fewer analysers decided
    than the mode asks for; `quality_metrics` has `<analyser>_confidence`, null where one did not
    run; `consensus_rate` is accepted by proposed, null where nothing was proposed.
    """

    chapter_id: str | None
    mode: AnalysisMode
    language: str
    processors_used: list[str]
    nlp_processors_used: list[str]
    descriptions_found: int
    consensus_rate: float | None
    processing_time_seconds: float
    quality_metrics: dict[str, float | None]
    fallbacks: list[str]
    characters: int
    sentences: int
    best: list[Description]
    descriptions: ArtifactRef


class DescriptionFile(BaseModel):
    """All descriptions of a text in the order in which they stand there."""

    chapter_id: str | None
    language: str
    descriptions: list[Description]
