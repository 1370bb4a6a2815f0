"""DELETE /api/v1/images/{id}, and what goes with a book."""

from typing import Annotated, Any, LiteralString
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from psycopg import Connection

from gateway.authentication import Caller, requires
from gateway.composition import Gateway, gateway_of
from gateway.customers.keys import Scope
from gateway.idempotency.route import OnceRoute
from gateway.images.problems import ImageNotFound

router = APIRouter(prefix="/api/v1/images", tags=["images"], route_class=OnceRoute)

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


@router.delete("/{image_id}", status_code=204, response_class=Response)
async def delete_image(
    image_id: UUID,
    caller: Annotated[Caller, Depends(requires(Scope.TASKS_WRITE))],
    gateway: Annotated[Gateway, Depends(gateway_of)],
) -> Response:
    """Delete a picture and its files; links to them stop working at once."""

    def delete(connection: Connection[Any]) -> None:
        if not delete_images(connection, caller.customer_id, image_id=image_id):
            raise ImageNotFound(f"there is no image {image_id}")

    await gateway.transactions.run(delete)
    return Response(status_code=204)


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
