"""The descriptions of one's own books, as picture jobs read them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import LiteralString
from uuid import UUID

import anyio.to_thread
from psycopg.rows import DictRow

from gateway.books.problems import BookNotFound
from gateway.composition import Gateway
from gateway.images.problems import DescriptionNotFound, NothingToPicture
from warren.contracts.artifact import ArtifactRef
from warren.contracts.generated_images import DESCRIPTIONS_MEDIA_TYPE, DescriptionToPicture
from warren.contracts.ids import derived_id

_OF_IDS: LiteralString = """
SELECT id AS description_id, book_id, text, type, score, chapter FROM book_descriptions
WHERE id = ANY (%s::uuid[]) AND customer_id = %s
"""
_OF_BOOK: LiteralString = """
SELECT b.id AS book_id, a.id, a.sha256, a.size, a.media_type, a.name
FROM books b LEFT JOIN artifacts a ON a.id = b.descriptions_id
WHERE b.id = %s AND b.customer_id = %s
"""


@dataclass(frozen=True, slots=True)
class ChosenDescriptions:
    """Descriptions as a file that is stored, and the book if all are of one."""

    file: ArtifactRef
    book_id: UUID | None


async def chosen_descriptions(
    gateway: Gateway, customer_id: UUID, ids: Sequence[UUID], task_id: UUID
) -> ChosenDescriptions:
    """A file of these descriptions, in their order; raises DescriptionNotFound."""
    async with gateway.pool.connection() as connection:
        cursor = await connection.execute(_OF_IDS, [list(ids), customer_id])
        found = {row["description_id"]: row for row in await cursor.fetchall()}
    for number, wanted in enumerate(ids):
        if wanted not in found:
            raise DescriptionNotFound.at(
                f"description_ids[{number}]", f"names a description that you do not have: {wanted}"
            )
    file = await _stored(gateway, [found[wanted] for wanted in ids], task_id)
    books = {row["book_id"] for row in found.values()}
    return ChosenDescriptions(file, books.pop() if len(books) == 1 else None)


async def descriptions_of_book(gateway: Gateway, customer_id: UUID, book_id: UUID) -> ArtifactRef:
    """The file of all descriptions of a book; raises BookNotFound, or NothingToPicture."""
    async with gateway.pool.connection() as connection:
        row = await (await connection.execute(_OF_BOOK, [book_id, customer_id])).fetchone()
    if row is None:
        raise BookNotFound(f"there is no book {book_id}")
    if row["id"] is None:
        raise NothingToPicture(f"no description of book {book_id} has been found so far")
    return ArtifactRef.model_validate(row)


async def _stored(gateway: Gateway, rows: Sequence[DictRow], task_id: UUID) -> ArtifactRef:
    lines = [DescriptionToPicture.model_validate(row).model_dump_json() for row in rows]
    content = "\n".join(lines).encode()
    stored = await anyio.to_thread.run_sync(gateway.artifacts.store.put, content)
    return ArtifactRef(
        id=derived_id(task_id, "payload:descriptions"),
        sha256=stored.sha256,
        size=stored.size,
        media_type=DESCRIPTIONS_MEDIA_TYPE,
        name="descriptions.ndjson",
    )
