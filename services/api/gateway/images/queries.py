"""Reading pictures; those whose files have been cleaned up are not shown."""

from dataclasses import dataclass
from typing import LiteralString
from uuid import UUID

from psycopg.rows import DictRow

from gateway.database import Pool
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
# The content is noted, for whoever looks whether anything else refers to it.
_DELETE: LiteralString = """
WITH gone AS (
    DELETE FROM generated_images WHERE id = %(id)s AND customer_id = %(customer)s
    RETURNING id, thumbnail_id
),
files AS (
    DELETE FROM artifacts a USING gone WHERE a.id IN (gone.id, gone.thumbnail_id)
        AND a.customer_id = %(customer)s
        AND NOT EXISTS (SELECT FROM kept_artifacts k WHERE k.artifact_id = a.id)
    RETURNING a.sha256
),
noted AS (
    INSERT INTO discarded_contents (sha256) SELECT DISTINCT sha256 FROM files ORDER BY 1
    ON CONFLICT (sha256) DO UPDATE SET noted_at = now(), trashed_at = NULL
)
SELECT id FROM gone
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
    """What can be asked about pictures, and their deletion."""

    pool: Pool

    async def one(self, customer_id: UUID, image_id: UUID) -> DictRow:
        """The picture; raises ImageNotFound."""
        values = {"customer": customer_id, "id": image_id}
        async with self.pool.connection() as connection:
            row = await (await connection.execute(_ONE, values)).fetchone()
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
        async with self.pool.connection() as connection:
            return await (await connection.execute(_PAGE, values)).fetchall()

    async def delete(self, customer_id: UUID, image_id: UUID) -> None:
        """Delete it with its files, at once for whoever asks; raises ImageNotFound."""
        values = {"customer": customer_id, "id": image_id}
        async with self.pool.connection() as connection:
            row = await (await connection.execute(_DELETE, values)).fetchone()
        if row is None:
            raise ImageNotFound(f"there is no image {image_id}")
