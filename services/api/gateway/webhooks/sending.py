"""Deliveries that a customer asks for: a ping, and an earlier message once more."""

from datetime import UTC, datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg import Connection
from psycopg.rows import dict_row

from gateway.authentication import Caller
from gateway.webhooks.endpoints import Row, find_endpoint
from gateway.webhooks.filters import PING
from gateway.webhooks.issuing import Delivery, issue_deliveries
from gateway.webhooks.log import find_delivery
from gateway.webhooks.messages import Message
from gateway.webhooks.problems import NothingToResend, WebhookDisabled
from gateway.webhooks.secrets import read_secrets

_PAYLOAD: LiteralString = "SELECT payload FROM tasks WHERE id = %s"


def send_ping(connection: Connection[Any], caller: Caller, endpoint_id: UUID, new_id: UUID) -> UUID:
    """Deliver a message that says nothing, in one attempt, also to an endpoint that is disabled.

    Raises WebhookNotFound.
    """
    endpoint = find_endpoint(connection, caller.customer_id, endpoint_id)
    message = Message(
        source=new_id,
        key=PING,
        type=PING,
        timestamp=datetime.now(UTC),
        data={"endpoint_id": str(endpoint_id)},
        customer_id=caller.customer_id,
    )
    delivery = Delivery(
        id=new_id,
        customer_id=caller.customer_id,
        endpoint_id=endpoint_id,
        url=endpoint["url"],
        secret_owner=endpoint_id,
        type=PING,
        body=message.body(),
        attempts=1,
        actor=caller.actor,
    )
    return _issue(connection, delivery)


def resend(connection: Connection[Any], caller: Caller, earlier: UUID, new_id: UUID) -> UUID:
    """Deliver a message once more, with the same `webhook-id`, to where its endpoint is now.

    Raises DeliveryNotFound, NothingToResend, WebhookDisabled.
    """
    row = find_delivery(connection, caller.customer_id, earlier)
    moved_to = _url_now(connection, row)
    payload = _payload(connection, earlier)
    delivery = Delivery(
        id=new_id,
        customer_id=caller.customer_id,
        endpoint_id=row["endpoint_id"],
        url=moved_to or payload["url"],
        secret_owner=row["endpoint_id"] or caller.customer_id,
        type=row["type"],
        body=payload["body"],
        task_id=row["task_id"],
        message_id=row["message_id"],
        attempts=payload.get("attempts"),
        actor=caller.actor,
    )
    return _issue(connection, delivery)


def _issue(connection: Connection[Any], delivery: Delivery) -> UUID:
    issue_deliveries(connection, [delivery], read_secrets(connection, [delivery.secret_owner]))
    return delivery.id


def _url_now(connection: Connection[Any], delivery: Row) -> str | None:
    """Where the endpoint is now; None for the URL of a single task."""
    if delivery["endpoint_id"] is None:
        return None
    endpoint = find_endpoint(connection, delivery["customer_id"], delivery["endpoint_id"])
    if endpoint["disabled_at"] is not None:
        raise WebhookDisabled(
            f"the webhook {endpoint['id']} is disabled ({endpoint['disabled_because']}): enable it "
            "first"
        )
    url: str = endpoint["url"]
    return url


def _payload(connection: Connection[Any], delivery: UUID) -> dict[str, Any]:
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(_PAYLOAD, [delivery]).fetchone()
    if row is None or "body" not in row["payload"]:
        raise NothingToResend(f"what the delivery {delivery} has sent was cleaned up meanwhile")
    found: dict[str, Any] = row["payload"]
    return found
