"""The jobs of a book, from its row."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from gateway.authentication import Caller
from gateway.books.problems import NotRead
from gateway.books.schemas import LocationsRequest
from gateway.composition import Gateway
from warren.contracts.artifact import ArtifactRef
from warren.contracts.books import (
    GenerateLocations,
    PlanBook,
    ProcessBook,
    SelectForIllustration,
)


def planning(customer_id: UUID, book_id: UUID, file: ArtifactRef) -> PlanBook | ProcessBook:
    """What only reads a book."""
    return PlanBook(customer_id=customer_id, book_id=book_id, file=file)


def processing(
    book: dict[str, Any], file: ArtifactRef, chapters: Sequence[dict[str, Any]]
) -> ProcessBook:
    """What processes a book: the chapters of its plan, if it has one."""
    return ProcessBook(
        customer_id=book["customer_id"],
        book_id=book["id"],
        file=file,
        language=book["language"] if book["language"] in ("ru", "en") else None,
        chapters=[row["number"] for row in chapters if row["included"]] if chapters else None,
        **book["options"],
    )


def locations_of(book_id: UUID, file: ArtifactRef, wanted: LocationsRequest) -> GenerateLocations:
    """What makes reading positions."""
    return GenerateLocations(book_id=book_id, file=file, **wanted.model_dump(exclude_none=True))


async def selection_of(
    gateway: Gateway, caller: Caller, book: dict[str, Any], limit: int
) -> SelectForIllustration:
    """What chooses among the descriptions; raises NotRead before there are any."""
    if book["descriptions_id"] is None:
        raise NotRead(f"book {book['id']} has no descriptions yet: it is {book['shown_state']}")
    found = await gateway.artifacts.find(book["descriptions_id"], caller.customer_id)
    return SelectForIllustration(book_id=book["id"], descriptions=found, limit=limit)
