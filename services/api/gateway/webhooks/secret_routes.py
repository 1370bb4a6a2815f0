"""What answers with a secret: the answer is kept nowhere, also not for an Idempotency-Key."""

from typing import Annotated, Any
from uuid import UUID

import psycopg
import structlog
from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from psycopg import Connection
from pydantic import BaseModel

from gateway.addresses import API, public
from gateway.authentication import Caller, requires
from gateway.composition import Gateway, gateway_of
from gateway.customers.keys import Scope
from gateway.described_bodies import json_body
from gateway.json_body import parse_object, read_body, read_json
from gateway.webhooks.endpoints import create_endpoint, find_endpoint
from gateway.webhooks.live import refresh_live
from gateway.webhooks.rotating import rotate_secret
from gateway.webhooks.schemas import (
    NewWebhook,
    Rotation,
    SecretView,
    WebhookBody,
    WebhookView,
    parse,
)
from gateway.webhooks.secrets import NewSecret
from warren.contracts.ids import new_id

router = APIRouter(prefix="/api/v1/webhooks", tags=["webhooks"])

Writer = Annotated[Caller, Depends(requires(Scope.TASKS_WRITE))]
App = Annotated[Gateway, Depends(gateway_of)]
_log = structlog.get_logger(__name__)

_ROTATION = json_body(Rotation.model_json_schema(), required=False)


@router.post(
    "",
    status_code=201,
    response_model=NewWebhook,
    openapi_extra=json_body(WebhookBody.model_json_schema()),
)
async def create(request: Request, caller: Writer, gateway: App) -> Response:
    """Make an endpoint that is told of one's tasks; its secret is shown in this answer only."""
    body = await read_json(request, gateway.settings.max_body_bytes)
    wanted = parse(WebhookBody, body)
    endpoint_id = new_id()
    row, secret = await gateway.transactions.run(
        lambda connection: create_endpoint(connection, caller, endpoint_id, wanted)
    )
    view = NewWebhook(**WebhookView.of(row).model_dump(), secret=secret.text)
    return _unkept(view, 201, {"Location": public(f"{API}/webhooks/{endpoint_id}")})


@router.post("/secret", response_model=SecretView, openapi_extra=_ROTATION)
async def make_secret(request: Request, caller: Writer, gateway: App) -> Response:
    """Make, or replace, the secret that signs messages to URLs of single tasks."""
    return await _rotated(request, caller, gateway, None)


@router.post(
    "/{webhook_id}/rotate-secret",
    response_model=SecretView,
    openapi_extra=_ROTATION,
)
async def rotate(webhook_id: UUID, request: Request, caller: Writer, gateway: App) -> Response:
    """Replace an endpoint's secret; for a day, or `overlap_seconds`, both sign."""
    return await _rotated(request, caller, gateway, webhook_id)


async def _rotated(
    request: Request, caller: Caller, gateway: Gateway, webhook_id: UUID | None
) -> Response:
    content = await read_body(request, gateway.settings.max_body_bytes)
    overlap = parse(Rotation, parse_object(content) if content else {}).overlap_seconds

    def rotate_it(connection: Connection[Any]) -> NewSecret:
        if webhook_id is not None:
            find_endpoint(connection, caller.customer_id, webhook_id)
        return rotate_secret(connection, caller, webhook_id, overlap)

    new = await gateway.transactions.run(rotate_it)
    # Retries go on for days: what waits for one is signed by both, too.
    try:
        await gateway.transactions.run(
            lambda connection: refresh_live(connection, caller.customer_id, webhook_id)
        )
    except psycopg.Error as error:
        # The secret is valid, and shown this once; the scheduler's chores do the rest.
        owner = str(webhook_id or caller.customer_id)
        _log.warning("webhook_secrets_refreshed_later", owner_id=owner, error=str(error))
    return _unkept(SecretView(secret=new.text, previous_valid_until=new.previous_until), 200, {})


def _unkept(view: BaseModel, status: int, headers: dict[str, str]) -> Response:
    return Response(
        view.model_dump_json(),
        status,
        headers={**headers, "Cache-Control": "no-store"},
        media_type="application/json",
    )
