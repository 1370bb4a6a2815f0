"""Reading pictures; those whose files have been cleaned up are not shown."""

from dataclasses import dataclass
from typing import LiteralString
from uuid import UUID

from psycopg.rows import DictRow

from gateway.database import Pool, row_of, rows_of
from gateway.images.problems import ImageNotFound

_SELECT: LiteralString = """
SELECT g.*, a.media_type, a.size, a.sha256, a.name, a.expires_at
FROM generated_images g JOIN artifacts a ON a.id = g.id
WHERE g.customer_id = %(customer)s
"""
_ONE: LiteralString = f"{_SELECT} AND g.id = %(id)s"
_PAGE: LiteralString = f"""{_SELECT} AND g.id < %(below)s
    AND (%(book)s::uuid IS NULL OR g.book_id = %(book)s)
    AND (%(description)s::uuid IS NULL OR g.description_id = %(description)s)
    AND (%(task)s::uuid IS NULL OR g.task_id = %(task)s)
    AND (%(user)s::text IS NULL OR g.user_id = %(user)s)
    AND (%(kind)s::text IS NULL OR g.kind = %(kind)s)
ORDER BY g.id DESC LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class ImageFilter:
    """Which pictures; what is None does not matter."""

    book_id: UUID | None = None
    description_id: UUID | None = None
    task_id: UUID | None = None
    user_id: str | None = None
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class ImageQueries:
    """What can be asked about pictures."""

    pool: Pool

    async def one(self, customer_id: UUID, image_id: UUID) -> DictRow:
        """The picture; raises ImageNotFound."""
        values = {"customer": customer_id, "id": image_id}
        row = await row_of(self.pool, _ONE, values)
        if row is None:
            raise ImageNotFound(f"there is no image {image_id}")
        return row

    async def page(
        self, customer_id: UUID, chosen: ImageFilter, below: UUID, limit: int
    ) -> list[DictRow]:
        """At most `limit` pictures of the filter with ids below `below`, newest first."""
        values = {
            "customer": customer_id,
            "below": below,
            "limit": limit,
            "book": chosen.book_id,
            "description": chosen.description_id,
            "task": chosen.task_id,
            "user": chosen.user_id,
            "kind": chosen.kind,
        }
        return await rows_of(self.pool, _PAGE, values)
