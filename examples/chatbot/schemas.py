"""What goes over the wire."""

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

MAX_BULK = 500
MAX_PAGE = 1_000

Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:-]{1,100}$")]
#: Of one customer, from one counter for all of its documents, and one for all of its FAQs.
Version = Annotated[int, Field(ge=1, le=2**53)]
Source = Annotated[str, StringConstraints(min_length=1, max_length=1_000)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Collection(StrEnum):
    """What a customer has."""

    DOCUMENTS = "documents"
    FAQS = "faqs"


class DocumentBody(_Strict):
    """A document as it is from `version` on."""

    version: Version
    source: Source
    text: Annotated[str, Field(min_length=1, max_length=20_000_000)]
    language: Annotated[str, Field(max_length=35)] | None = None
    metadata: dict[str, Any] = {}


class FaqBody(_Strict):
    """A question with its answer as it is from `version` on."""

    version: Version
    question: Annotated[str, Field(min_length=1, max_length=10_000)]
    answer: Annotated[str, Field(min_length=1, max_length=100_000)]
    files: Annotated[list[dict[str, Any]], Field(max_length=100)] = []


class FaqItem(FaqBody):
    """One FAQ of several."""

    id: Id


class FaqItems(_Strict):
    """Several FAQs at once."""

    items: Annotated[list[FaqItem], Field(min_length=1, max_length=MAX_BULK)]


class Applied(BaseModel):
    """`unchanged`: this version had been applied before, with the same content."""

    id: str
    version: int
    status: Literal["applied", "unchanged"]


class ItemOutcome(BaseModel):
    """What became of one item; `current_version` is the one that superseded it."""

    id: str
    version: int
    status: Literal["applied", "unchanged", "superseded", "conflict"]
    current_version: int | None = None


class ItemOutcomes(BaseModel):
    """What became of several, in the order in which they were sent."""

    items: list[ItemOutcome]


class Removed(BaseModel):
    """How many entries were removed; the version is a floor from now on.

    `newer` is the newest version of those that stay, as they are newer; null if there are none.
    """

    version: int
    removed: int
    newer: int | None = None


class Listed(BaseModel):
    """An entry without its content; `hash` is the SHA-256 that tells contents apart."""

    id: str
    version: int
    hash: str
    source: str | None = None


class Page(BaseModel):
    """Entries in the order of their ids; `next_after` continues, if there is more."""

    items: list[Listed]
    next_after: str | None = None


class Change(BaseModel):
    """One entry of the journal of what was really applied."""

    number: int
    collection: Collection
    id: str
    version: int
    operation: Literal["put", "delete", "delete_all", "delete_by_source"]


class Changes(BaseModel):
    """The journal of a customer, oldest first."""

    items: list[Change]


class Reindexed(BaseModel):
    """Passages that can be found from now on, and how often that was done for this customer."""

    passages: int
    times: int


class Found(BaseModel):
    """A passage that fits a question."""

    collection: Collection
    id: str
    passage: str


class Answers(BaseModel):
    """The best passages, best first."""

    items: list[Found]


class Problem(BaseModel):
    """RFC 9457; `current_version` stands with `superseded` and `version-conflict`."""

    type: str
    title: str
    status: int
    detail: str
    current_version: int | None = None
