"""Questions to the catalogue's search index, and its answers.

The gateway alone asks them: `POST {WARREN_SEARCH_URL}/search/{entity kind}` with a `SearchRequest`
as body and `Authorization: Bearer {WARREN_SEARCH_TOKEN}`; a `SearchPage` comes back. The customer
and the `floor` (see warren.contracts.catalogue) hold for the whole question: no answer shows an
item of another customer, or one at or below the floor.
"""

from enum import StrEnum
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from warren.contracts.sealed import SealedText

#: Characters of a question.
MAX_QUESTION = 500
MAX_PAGE = 100
#: How far one may page; who wants everything lists the catalogue itself.
MAX_OFFSET = 1_000
#: Values in one filter.
MAX_VALUES = 50

_Word = Annotated[str, Field(min_length=1, max_length=300)]
_Value = Annotated[str, Field(max_length=300)] | bool | int | float
_Price = Annotated[float, Field(ge=0, le=1e15, allow_inf_nan=False)]


class SearchMode(StrEnum):
    """By words, by meaning (items that have a vector), or by both, fused by reciprocal rank."""

    TEXT = "text"
    SEMANTIC = "semantic"
    HYBRID = "hybrid"


class SearchFilters(BaseModel):
    """What an item must fulfil to be found; of several values of one field any will do.

    `attributes` compares values of the item's own `attributes` by their name, texts whatever their
    case.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    category: Annotated[list[_Word], Field(max_length=MAX_VALUES)] = []
    currency: Annotated[
        list[Annotated[str, Field(pattern=r"^[A-Z]{3}$")]], Field(max_length=MAX_VALUES)
    ] = []
    price_from: _Price | None = None
    price_to: _Price | None = None
    attributes: Annotated[
        dict[
            Annotated[str, Field(min_length=1, max_length=100)],
            Annotated[list[_Value], Field(min_length=1, max_length=MAX_VALUES)],
        ],
        Field(max_length=20),
    ] = {}

    @model_validator(mode="after")
    def _is_a_range(self) -> Self:
        if None not in {self.price_from, self.price_to} and self.price_from > self.price_to:  # type: ignore[operator]
            raise ValueError("price_from must not be above price_to")
        return self


class SearchRequest(BaseModel):
    """One page of what is found. Without a question: all that the filters leave, newest first.

    `api_key` opens the provider whose vectors the customer's items have; without one the embedded
    model's are compared.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    customer_id: UUID
    floor: Annotated[int, Field(ge=0, lt=2**60)] = 0
    q: Annotated[str, Field(max_length=MAX_QUESTION)] = ""
    mode: SearchMode = SearchMode.TEXT
    filters: SearchFilters = SearchFilters()
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = 20
    offset: Annotated[int, Field(ge=0, le=MAX_OFFSET)] = 0
    api_key: SealedText | None = None


class SearchHit(BaseModel):
    """An item as its customer wrote it. Scores compare hits of one answer, and nothing else.

    `highlights` holds, by field, a passage of HTML text in which `<em>` marks what was asked for.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str
    entity_version: int
    score: float
    item: dict[str, Any]
    highlights: dict[str, str] = {}


class SearchPage(BaseModel):
    """`total` counts all that the question finds; by meaning, the nearest that were looked at."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    hits: list[SearchHit]
    total: Annotated[int, Field(ge=0)]
    mode: SearchMode
    limit: int
    offset: int
    took_ms: float
