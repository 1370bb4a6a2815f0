"""Endpoints of webhooks over HTTP: /api/v1/webhooks.

Making them: webhooks/secret_routes.py; changing and deleting them: webhooks/changing.py.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from gateway.authentication import Caller, requires
from gateway.composition import Gateway, gateway_of
from gateway.customers.keys import Scope
from gateway.idempotency.route import OnceRoute, made_id
from gateway.paging import by_id, cut, id_after
from gateway.webhooks.deliveries import accepted_delivery, delivery_below, page_answer
from gateway.webhooks.endpoints import (
    find_endpoint,
    page_of_endpoints,
)
from gateway.webhooks.schemas import (
    DeliveryList,
    DeliveryView,
    WebhookList,
    WebhookView,
)
from gateway.webhooks.sending import send_ping

router = APIRouter(prefix="/api/v1/webhooks", tags=["webhooks"], route_class=OnceRoute)

Reader = Annotated[Caller, Depends(requires(Scope.TASKS_READ))]
Writer = Annotated[Caller, Depends(requires(Scope.TASKS_WRITE))]
App = Annotated[Gateway, Depends(gateway_of)]
Limit = Annotated[int, Query(ge=1, le=500)]


@router.get("")
async def list_webhooks(
    caller: Reader, gateway: App, cursor: str | None = None, limit: Limit = 50
) -> WebhookList:
    """One's own endpoints, oldest first; secrets are not shown again."""
    after = id_after(cursor)
    rows = await gateway.transactions.run(
        lambda connection: page_of_endpoints(connection, caller.customer_id, after, limit + 1)
    )
    shown, more = cut(rows, limit, by_id)
    return WebhookList(items=[WebhookView.of(row) for row in shown], next_cursor=more)


@router.get("/{webhook_id}")
async def get_webhook(webhook_id: UUID, caller: Reader, gateway: App) -> WebhookView:
    """One endpoint."""
    row = await gateway.transactions.run(
        lambda connection: find_endpoint(connection, caller.customer_id, webhook_id)
    )
    return WebhookView.of(row)


@router.post("/{webhook_id}/ping", status_code=202, response_model=DeliveryView)
async def ping(webhook_id: UUID, request: Request, caller: Writer, gateway: App) -> Response:
    """Deliver `webhook.ping`, in one attempt, whatever its filter says and also while disabled."""
    await gateway.submissions.ensure_room(caller)
    new_id = made_id(request)
    await gateway.transactions.run(
        lambda connection: send_ping(connection, caller, webhook_id, new_id)
    )
    return await accepted_delivery(gateway, caller, new_id)


@router.get("/{webhook_id}/deliveries")
async def list_deliveries(
    webhook_id: UUID, caller: Reader, gateway: App, cursor: str | None = None, limit: Limit = 50
) -> DeliveryList:
    """What was, and is to be, delivered to the endpoint, newest first."""
    await get_webhook(webhook_id, caller, gateway)
    return await page_answer(
        gateway, caller, endpoint=webhook_id, task=None, below=delivery_below(cursor), limit=limit
    )
