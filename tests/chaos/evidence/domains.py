"""What is known of speech, books and pictures: rows of the gateway, and files of the store."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Book:
    """A row of `books`, and the number of descriptions that its result names."""

    id: str
    user: str | None
    state: str
    task: str
    total_chapters: int
    descriptions: int
    told: int | None


@dataclass(frozen=True, slots=True)
class Chapter:
    """A row of `book_chapters`."""

    book: str
    number: int
    descriptions: int


@dataclass(frozen=True, slots=True)
class Description:
    """A row of `book_descriptions`; `place` is its chapter, first and last character and type."""

    id: str
    book: str
    place: tuple[int, int, int, str]


@dataclass(frozen=True, slots=True)
class Picture:
    """A row of `generated_images`; sizes in pixels."""

    id: str
    thumbnail: str | None
    task: str
    book: str | None
    description: str | None
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Media:
    """What a file turned out to be: pixels of a picture, seconds of a recording."""

    media_type: str
    width: int = 0
    height: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class DomainEvidence:
    """All of it; empty for a run without these services."""

    books: Sequence[Book] = ()
    chapters: Sequence[Chapter] = ()
    descriptions: Sequence[Description] = ()
    pictures: Sequence[Picture] = ()
    #: By the hash of their content: what decodes, and why others do not.
    media: Mapping[str, Media] = field(default_factory=dict)
    damaged: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Told:
    """What the result of a task says of a file that it has made."""

    artifact: str
    sha256: str
    size: int
    media_type: str
    width: int = 0
    height: int = 0
    seconds: float = 0.0

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "Told":
        """Of a result that is about one file, or of one of its entries."""
        return cls(
            told["artifact_id"], told["sha256"], told["size_bytes"], told["media_type"],
            told.get("width", 0), told.get("height", 0), told.get("duration_seconds", 0.0),
        )  # fmt: skip
