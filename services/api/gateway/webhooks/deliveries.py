"""The log of deliveries over HTTP, and sending a message again."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from gateway.addresses import public
from gateway.authentication import Caller, requires
from gateway.composition import Gateway, gateway_of
from gateway.customers.keys import Scope
from gateway.idempotency.route import OnceRoute, made_id
from gateway.paging import by_number, cut, number_in
from gateway.webhooks.log import attempts_of, find_delivery, page_of_deliveries
from gateway.webhooks.problems import DeliveryNotFound
from gateway.webhooks.schemas import AttemptView, DeliveryDetails, DeliveryList, DeliveryView
from gateway.webhooks.sending import resend

_PREFIX = "/api/v1/webhooks/deliveries"
router = APIRouter(prefix="/api/v1/webhooks", tags=["webhooks"], route_class=OnceRoute)

Reader = Annotated[Caller, Depends(requires(Scope.TASKS_READ))]
Writer = Annotated[Caller, Depends(requires(Scope.TASKS_WRITE))]
App = Annotated[Gateway, Depends(gateway_of)]
_START = 2**63 - 1


@router.get("/deliveries")
async def list_all(
    caller: Reader,
    gateway: App,
    task_id: UUID | None = None,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> DeliveryList:
    """Deliveries to all of one's endpoints and URLs, newest first; `task_id`: about that task."""
    return await page_answer(
        gateway, caller, endpoint=None, task=task_id, below=delivery_below(cursor), limit=limit
    )


@router.get("/deliveries/{delivery_id}")
async def get_delivery(delivery_id: UUID, caller: Reader, gateway: App) -> DeliveryDetails:
    """One delivery with its message and each of its attempts."""
    row, attempts = await gateway.transactions.run(
        lambda connection: (
            find_delivery(connection, caller.customer_id, delivery_id),
            attempts_of(connection, delivery_id),
        )
    )
    return DeliveryDetails(
        **DeliveryView.of(row).model_dump(),
        body=row["body"],
        attempts=[AttemptView.of(attempt, row["result"]) for attempt in attempts],
    )


@router.post("/deliveries/{delivery_id}/resend", status_code=202, response_model=DeliveryView)
async def send_again(delivery_id: UUID, request: Request, caller: Writer, gateway: App) -> Response:
    """Deliver the same message once more, with the same `webhook-id`."""
    return await _send_again(gateway, caller, delivery_id, request)


@router.post(
    "/{webhook_id}/deliveries/{delivery_id}/resend",
    status_code=202,
    response_model=DeliveryView,
)
async def send_again_to(
    webhook_id: UUID, delivery_id: UUID, request: Request, caller: Writer, gateway: App
) -> Response:
    """The same, of a delivery to this endpoint."""
    row = await gateway.transactions.run(
        lambda connection: find_delivery(connection, caller.customer_id, delivery_id)
    )
    if row["endpoint_id"] != webhook_id:
        raise DeliveryNotFound(f"there is no delivery {delivery_id} to the webhook {webhook_id}")
    return await _send_again(gateway, caller, delivery_id, request)


async def page_answer(
    gateway: Gateway,
    caller: Caller,
    *,
    endpoint: UUID | None,
    task: UUID | None,
    below: int,
    limit: int,
) -> DeliveryList:
    """A page of the log."""
    rows = await gateway.transactions.run(
        lambda connection: page_of_deliveries(
            connection,
            caller.customer_id,
            endpoint=endpoint,
            task=task,
            below=below,
            limit=limit + 1,
        )
    )
    shown, more = cut(rows, limit, by_number)
    return DeliveryList(items=[DeliveryView.of(row) for row in shown], next_cursor=more)


async def accepted_delivery(gateway: Gateway, caller: Caller, delivery: UUID) -> Response:
    """202 with the delivery that was asked for."""
    row = await gateway.transactions.run(
        lambda connection: find_delivery(connection, caller.customer_id, delivery)
    )
    return Response(
        DeliveryView.of(row).model_dump_json(),
        202,
        headers={"Location": public(f"{_PREFIX}/{delivery}")},
        media_type="application/json",
    )


def delivery_below(cursor: str | None) -> int:
    """Below which delivery a list goes on, newest first; raises MalformedCursor."""
    return _START if cursor is None else number_in(cursor)


async def _send_again(
    gateway: Gateway, caller: Caller, delivery_id: UUID, request: Request
) -> Response:
    await gateway.submissions.ensure_room(caller)
    new_id = made_id(request)
    await gateway.transactions.run(
        lambda connection: resend(connection, caller, delivery_id, new_id)
    )
    return await accepted_delivery(gateway, caller, new_id)
