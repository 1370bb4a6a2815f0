"""Books: the gateway keeps them, and the nlp-worker reads them and finds what can be pictured.

The gateway's endpoints issue these jobs; nobody else may. What a job finds out about a book becomes
rows through `api.record_book`, the one job here that the housekeeper does, as it has the database.
"""

from enum import StrEnum
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from warren.contracts.artifact import ArtifactRef
from warren.contracts.batches import BatchCallback
from warren.contracts.descriptions import AnalysisMode
from warren.contracts.events import Event
from warren.contracts.job import Job

#: Bytes of a book's file.
MAX_BOOK_BYTES = 100 * 1024 * 1024
#: Chapters that a book may have: each is a task.
MAX_CHAPTERS = 2_000
MAX_LOCATIONS = 20_000
DEFAULT_LOCATIONS = 2_000
#: Pictures that an upload may ask for, and descriptions that are chosen at once.
MAX_ILLUSTRATIONS = 100
#: One `BookDescription` a line, as JSON in UTF-8.
BOOK_DESCRIPTIONS_MEDIA_TYPE = "application/x-ndjson"

Language = Literal["ru", "en"]
ChapterNumber = Annotated[int, Field(ge=1, le=MAX_CHAPTERS)]
LocationsCount = Annotated[int, Field(ge=1, le=MAX_LOCATIONS)]
CharactersPerLocation = Annotated[int, Field(ge=100, le=1_000_000)]


class ChapterKind(StrEnum):
    """What a chapter is; unless a plan says otherwise only bodies are analysed."""

    BODY = "body"
    FRONT_MATTER = "front_matter"
    NOTES = "notes"
    INDEX = "index"


class PlanBook(BatchCallback):
    """Read a book and note its chapters, with what analysing them would take."""

    kind: ClassVar[str] = "book.plan"

    customer_id: UUID
    book_id: UUID
    file: ArtifactRef


class ProcessBook(BatchCallback):
    """Read a book, find the descriptions in its chapters, its reading positions, and cache it.

    `chapters` are the numbers of those to be analysed, all bodies unless given. The task waits for
    its chapters, a task each, and goes on when the last of them has ended.
    """

    kind: ClassVar[str] = "book.process"

    customer_id: UUID
    book_id: UUID
    file: ArtifactRef
    language: Language | None = None
    mode: AnalysisMode = AnalysisMode.ENSEMBLE
    genre: Annotated[str, Field(max_length=50)] | None = None
    processor: Annotated[str, Field(max_length=32)] | None = None
    illustrate: Annotated[int, Field(ge=0, le=MAX_ILLUSTRATIONS)] = 0
    chapters: Annotated[list[ChapterNumber], Field(max_length=MAX_CHAPTERS)] | None = None
    locations_count: LocationsCount = DEFAULT_LOCATIONS


class GenerateLocations(Job):
    """Make reading positions (EPUB CFIs) that are evenly spaced by characters.

    So many of them, or one every `characters_per_location`.
    """

    kind: ClassVar[str] = "book.generate_locations"

    book_id: UUID
    file: ArtifactRef
    locations_count: LocationsCount = DEFAULT_LOCATIONS
    characters_per_location: CharactersPerLocation | None = None


class CacheFile(Job):
    """Keep a compressed copy of a book's file for a day, from which it is served."""

    kind: ClassVar[str] = "book.cache_file"

    book_id: UUID
    file: ArtifactRef


class SelectForIllustration(Job):
    """Choose the best descriptions of a book, from as many of its chapters as possible."""

    kind: ClassVar[str] = "book.select_for_illustration"

    book_id: UUID
    descriptions: ArtifactRef
    limit: Annotated[int, Field(ge=1, le=MAX_ILLUSTRATIONS)] = 10


class RecordBook(Job):
    """Make rows of what was read of a book, and of the descriptions that were found in it.

    `task_id` has read it in its `generation`: nothing is recorded once another task has taken the
    book over, or a later generation has begun.
    """

    kind: ClassVar[str] = "api.record_book"

    customer_id: UUID
    book_id: UUID
    task_id: UUID
    generation: Annotated[int, Field(ge=1)]
    contents: ArtifactRef
    descriptions: ArtifactRef | None = None


class BookProcessed(Event):
    """A book has been read, and its descriptions were found.

    `descriptions` has one `BookDescription` a line; `illustrate` of them are to be pictured.
    """

    type: ClassVar[str] = "book.processed.v1"

    customer_id: UUID
    book_id: UUID
    illustrate: int
    chapters: int
    descriptions: ArtifactRef
