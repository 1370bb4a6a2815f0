"""What jobs find out about books: their results, and the files that these name."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from warren.contracts.artifact import ArtifactRef
from warren.contracts.books import ChapterKind
from warren.contracts.descriptions import Description, DescriptionType
from warren.contracts.ids import derived_id

#: How long a cached copy is kept.
CACHE_SECONDS = 86_400


class ChapterContents(BaseModel):
    """A chapter that was read; `text` is a file of it. `cfi` is where it begins, in an EPUB."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    number: int
    title: str
    kind: ChapterKind
    level: int = 1
    words: int
    characters: int
    cfi: str | None = None
    text: ArtifactRef


class BookContents(BaseModel):
    """What `RecordBook.contents` holds, as JSON; `repairs` were needed to read the file."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    title: str | None
    author: str | None
    language: str | None
    format: str
    repairs: list[str] = []
    chapters: list[ChapterContents]


class BookDescription(Description):
    """A description where it stands in a book; its offsets count within the chapter."""

    description_id: UUID
    chapter: int
    chapter_title: str


def description_id(book_id: UUID, chapter: int, found: Description) -> UUID:
    """The id of a description: the same one whenever the book is processed again."""
    return derived_id(book_id, f"{chapter}:{found.start}:{found.end}:{found.type}")


class BookPlan(BaseModel):
    """A book that was read; the gateway has its chapters."""

    book_id: UUID
    total_chapters: int
    body_chapters: int
    words: int
    format: str
    language: str | None


class ProcessedBook(BaseModel):
    """What came of a book; `ensemble_consensus_rate` is null where nothing was proposed."""

    book_id: UUID
    total_chapters: int
    chapters_analysed: int
    characters_analysed: int
    descriptions_found: int
    processing_time_seconds: float
    processors_used: list[str]
    nlp_processors_used: list[str]
    ensemble_consensus_rate: float | None
    cfi_locations_generated: int
    cache_status: Literal["cached", "failed"]
    fallbacks: list[str]
    status: Literal["completed"] = "completed"
    descriptions: ArtifactRef


class GeneratedLocations(BaseModel):
    """Reading positions; `locations` is a `LocationsFile`."""

    book_id: UUID
    locations_generated: int
    generation_time_seconds: float
    file_format: str
    status: Literal["completed"] = "completed"
    locations: ArtifactRef


class BookLocation(BaseModel):
    """`cfi` is null for formats without CFIs; `fraction` of the book's characters, 0 to 1."""

    cfi: str | None
    chapter: int
    offset: int
    fraction: float


class LocationsFile(BaseModel):
    """All locations of a book, in its order."""

    book_id: UUID
    characters: int
    locations: list[BookLocation]


class CachedFile(BaseModel):
    """The copy; `compression_ratio` is its size by the file's, 1 where it was stored as it is."""

    book_id: UUID
    cache_key: str
    file_size_bytes: int
    compressed_size_bytes: int
    compression_ratio: float
    ttl_seconds: int = CACHE_SECONDS
    status: Literal["cached"] = "cached"
    encoding: Literal["gzip", "identity"]
    artifact: ArtifactRef


class SelectedDescription(BaseModel):
    """A description that was chosen, by its rank from 1."""

    rank: int
    description_id: UUID
    chapter: int
    type: DescriptionType
    score: float
    text: str


class SelectedForIllustration(BaseModel):
    """The best first; fewer than `limit` where the book has no more."""

    book_id: UUID
    limit: int
    total_descriptions: int
    selected_count: int
    selected_descriptions: list[SelectedDescription]
    status: Literal["completed"] = "completed"


class RecordedBook(BaseModel):
    """What stands in the database now; nothing of it was `recorded` if the book was deleted
    meanwhile, or taken over by another task or a later generation."""

    book_id: UUID
    recorded: bool
    chapters: int
    descriptions: int
