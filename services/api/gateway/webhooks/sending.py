"""Deliveries that a customer asks for: a ping, and an earlier message once more."""

from datetime import UTC, datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg import Connection
from psycopg.rows import dict_row

from gateway.auditing.changes import Action, Change
from gateway.authentication import Caller
from gateway.problems import TooManyWaiting
from gateway.webhooks.delivery import Delivery
from gateway.webhooks.endpoints import Row, find_endpoint
from gateway.webhooks.filters import PING
from gateway.webhooks.issuing import QUEUE, issue_deliveries
from gateway.webhooks.log import find_delivery
from gateway.webhooks.messages import Message
from gateway.webhooks.problems import NothingToResend, WebhookDisabled

#: Of a customer's messages; beyond them none is sent on request.
MOST_WAITING = 100_000
_RETRY_AFTER = 60
# By the index on (queue, customer_id, …), and no further than matters.
_WAITING: LiteralString = """
SELECT count(*) FROM (SELECT FROM outbox
    WHERE queue = %s AND customer_id = %s AND kind = 'webhook.deliver' LIMIT %s) AS counted
"""
_PAYLOAD: LiteralString = "SELECT payload FROM tasks WHERE id = %s"


def send_ping(connection: Connection[Any], caller: Caller, endpoint_id: UUID, new_id: UUID) -> UUID:
    """Deliver a message that says nothing, in one attempt, also to an endpoint that is disabled.

    Raises WebhookNotFound, TooManyWaiting.
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
    if _issue(connection, delivery):
        _tell(connection, delivery, Action.WEBHOOK_PINGED, endpoint_id)
    return delivery.id


def resend(connection: Connection[Any], caller: Caller, earlier: UUID, new_id: UUID) -> UUID:
    """Deliver a message once more, with the same `webhook-id`, to where its endpoint is now.

    Raises DeliveryNotFound, NothingToResend, WebhookDisabled, TooManyWaiting.
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
    if _issue(connection, delivery):
        _tell(connection, delivery, Action.MESSAGE_RESENT, earlier)
    return delivery.id


def _issue(connection: Connection[Any], delivery: Delivery) -> bool:
    """Whether it was made now: the same request may have made it before."""
    # Nobody's backlog counts these, and pings are delivered to disabled endpoints, too.
    values = [QUEUE, delivery.customer_id, MOST_WAITING]
    ((waiting,),) = connection.execute(_WAITING, values).fetchall()
    if waiting >= MOST_WAITING:
        raise TooManyWaiting(
            f"{waiting} messages wait for your receivers; try again when some are delivered",
            retry_after=_RETRY_AFTER,
        )
    return delivery.id in issue_deliveries(connection, [delivery])


def _tell(connection: Connection[Any], delivery: Delivery, action: Action, target: UUID) -> None:
    details = {"type": delivery.type, "task_id": delivery.id}
    told = Change(delivery.actor, action, str(target), delivery.customer_id, details)
    told.record(connection)


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
