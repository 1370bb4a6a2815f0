"""Pictures go with their files: one by one, or with their book."""

from typing import Any, LiteralString
from uuid import UUID

from psycopg import Connection

# The content is noted, for whoever looks whether anything else refers to it.
_DELETE: LiteralString = """
WITH gone AS (
    DELETE FROM generated_images
    WHERE customer_id = %(customer)s AND (id = %(image)s OR book_id = %(book)s)
    RETURNING id, thumbnail_id, mask_id
),
files AS (
    DELETE FROM artifacts a USING gone WHERE a.id IN (gone.id, gone.thumbnail_id, gone.mask_id)
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


def delete_images(
    connection: Connection[Any],
    customer_id: UUID,
    *,
    image_id: UUID | None = None,
    book_id: UUID | None = None,
) -> int:
    """Delete one of the customer's pictures, or those of a book, with their files; how many."""
    values = {"customer": customer_id, "image": image_id, "book": book_id}
    return len(connection.execute(_DELETE, values).fetchall())
