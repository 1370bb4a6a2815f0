"""PATCH /api/v1/images/{id}: a picture that is kept goes by no clean-up."""

from typing import Annotated, Any, LiteralString
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from psycopg import Connection

from gateway.auditing.changes import Action, Change
from gateway.authentication import Caller, requires
from gateway.composition import Gateway, gateway_of
from gateway.customers.keys import Scope
from gateway.described_bodies import json_body
from gateway.documents.schemas import parse_upload
from gateway.idempotency.route import OnceRoute
from gateway.images.problems import ImageNotFound
from gateway.images.queries import ImageQueries
from gateway.images.schemas import ImageChange, ImageView
from gateway.json_body import read_json

router = APIRouter(prefix="/api/v1/images", tags=["images"], route_class=OnceRoute)

# Locked, so that no clean-up deletes them before the picture is known to be kept.
_LOCK: LiteralString = """
SELECT a.id FROM generated_images g
JOIN artifacts a ON a.id IN (g.id, g.thumbnail_id, g.mask_id)
WHERE g.id = %(image)s AND g.customer_id = %(customer)s
ORDER BY a.id FOR NO KEY UPDATE OF a
"""
_KEEP: LiteralString = """
UPDATE generated_images SET keep = %(keep)s
WHERE id = %(image)s AND customer_id = %(customer)s AND keep <> %(keep)s
"""


@router.patch("/{image_id}", openapi_extra=json_body(ImageChange.model_json_schema()))
async def change_image(
    image_id: UUID,
    request: Request,
    caller: Annotated[Caller, Depends(requires(Scope.TASKS_WRITE))],
    gateway: Annotated[Gateway, Depends(gateway_of)],
) -> ImageView:
    """Keep a picture, with its thumbnail and mask, until it is deleted; or no longer.

    It still goes when it is deleted, or its task or its book is.
    """
    wanted = parse_upload(ImageChange, await read_json(request, gateway.settings.max_body_bytes))
    values = {"image": image_id, "customer": caller.customer_id, "keep": wanted.keep}

    def change(connection: Connection[Any]) -> None:
        files = {found for (found,) in connection.execute(_LOCK, values).fetchall()}
        if image_id not in files:
            raise ImageNotFound(f"there is no image {image_id}")
        if connection.execute(_KEEP, values).rowcount:
            told = {"keep": wanted.keep}
            Change(
                caller.actor, Action.IMAGE_CHANGED, str(image_id), caller.customer_id, told
            ).record(connection)

    await gateway.transactions.run(change)
    row = await ImageQueries(gateway.pool).one(caller.customer_id, image_id)
    return ImageView.of(row, gateway.links)
