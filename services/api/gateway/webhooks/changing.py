"""Changing and deleting endpoints over HTTP: what waits for an attempt is cancelled."""

from typing import Annotated, Any, LiteralString
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from psycopg import Connection

from gateway.authentication import Caller, requires
from gateway.composition import Gateway, gateway_of
from gateway.customers.keys import Scope
from gateway.described_bodies import json_body
from gateway.idempotency.route import OnceRoute
from gateway.json_body import read_json
from gateway.tasks.cancellation import cancel_tasks
from gateway.webhooks.endpoints import change_endpoint, delete_endpoint
from gateway.webhooks.live import refresh_live
from gateway.webhooks.schemas import WebhookChange, WebhookView, parse

router = APIRouter(prefix="/api/v1/webhooks", tags=["webhooks"], route_class=OnceRoute)

Writer = Annotated[Caller, Depends(requires(Scope.TASKS_WRITE))]
App = Annotated[Gateway, Depends(gateway_of)]
_WAITING: LiteralString = """
SELECT d.id FROM webhook_deliveries d JOIN outbox o ON o.task_id = d.id
WHERE d.endpoint_id = %s ORDER BY d.id LIMIT 1000
"""


@router.patch("/{webhook_id}", openapi_extra=json_body(WebhookChange.model_json_schema()))
async def change(webhook_id: UUID, request: Request, caller: Writer, gateway: App) -> WebhookView:
    """Change address, events or description, disable it, or enable it again.

    While it is disabled nothing new is delivered, and what waits for an attempt is cancelled.
    """
    body = await read_json(request, gateway.settings.max_body_bytes)
    wanted = parse(WebhookChange, body)
    row = await gateway.transactions.run(
        lambda connection: change_endpoint(connection, caller, webhook_id, wanted)
    )
    if wanted.url is not None:
        await gateway.transactions.run(
            lambda connection: refresh_live(connection, caller.customer_id, webhook_id)
        )
    if wanted.enabled is False:
        await _cancel_waiting(gateway, caller, webhook_id)
    return WebhookView.of(row)


@router.delete("/{webhook_id}", status_code=204)
async def delete(webhook_id: UUID, caller: Writer, gateway: App) -> None:
    """Delete it; deliveries that wait for an attempt are cancelled."""
    await gateway.transactions.run(
        lambda connection: delete_endpoint(connection, caller, webhook_id)
    )
    await _cancel_waiting(gateway, caller, webhook_id)


async def _cancel_waiting(gateway: Gateway, caller: Caller, webhook_id: UUID) -> None:
    """A thousand deliveries at most; more of them are the chores' to find."""

    def cancel(connection: Connection[Any]) -> None:
        ids = [row[0] for row in connection.execute(_WAITING, [webhook_id]).fetchall()]
        cancel_tasks(connection, ids, caller.actor)

    await gateway.transactions.run(cancel)
