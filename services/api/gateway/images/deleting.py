"""DELETE /api/v1/images/{id}."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from psycopg import Connection

from gateway.auditing.changes import Action, Change
from gateway.authentication import Caller, requires
from gateway.composition import Gateway, gateway_of
from gateway.customers.keys import Scope
from gateway.idempotency.route import OnceRoute
from gateway.images.problems import ImageNotFound
from gateway.images.removal import delete_images

router = APIRouter(prefix="/api/v1/images", tags=["images"], route_class=OnceRoute)


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
        change = Change(caller.actor, Action.IMAGE_DELETED, str(image_id), caller.customer_id)
        change.record(connection)

    await gateway.transactions.run(delete)
    return Response(status_code=204)
