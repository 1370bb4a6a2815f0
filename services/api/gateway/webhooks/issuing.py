"""Deliveries as tasks: one for each receiver of a message, however often it is asked for."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, LiteralString
from uuid import UUID

import orjson
import structlog
from psycopg import Connection

from gateway.intake.definitions import announced_definition
from gateway.intake.judging import Judged
from gateway.intake.writing import write_judged
from gateway.webhooks.delivery import Delivery
from gateway.webhooks.places import limit_keys
from gateway.webhooks.secrets import share_secrets
from warren.contracts.kinds import KindDefinition
from warren.contracts.lanes import Lane, queue_name
from warren.contracts.webhooks import RETRY_DELAYS, DeliverWebhook

#: Until a worker has announced what it does, its tasks wait for one.
_SERVICE, _LANE, _MAX_ATTEMPTS = "sync", Lane.LOW, len(RETRY_DELAYS) + 1
#: Where deliveries wait.
QUEUE = queue_name(_SERVICE, _LANE)
_NOTE: LiteralString = """
INSERT INTO webhook_deliveries (id, customer_id, endpoint_id, message_id, type, task_id)
SELECT id, customer_id, endpoint_id, message_id, type, task_id
FROM json_to_recordset(%s::json) AS n (id uuid, customer_id uuid, endpoint_id uuid, message_id text,
    type text, task_id uuid)
ON CONFLICT (id) DO NOTHING RETURNING id
"""
_URLS: LiteralString = "SELECT id, url FROM webhook_endpoints WHERE id = ANY (%s::uuid[])"


def limit_key_at(connection: Connection[Any], customer_id: UUID, host: str) -> str:
    """The limit under which the customer's deliveries to this host are."""
    pair = (customer_id, host)
    return limit_keys(connection, announced(connection), [pair])[pair]


def issue_deliveries(connection: Connection[Any], deliveries: Sequence[Delivery]) -> set[UUID]:
    """Make their tasks, within the caller's transaction; those that were made before stay.

    Returns which were made now.

    They carry address and secrets as these are now, and nobody changes them until this transaction
    has ended: whoever does finds what it has made (webhooks/live.py).
    """
    secrets = share_secrets(connection, (item.secret_owner for item in deliveries))
    signed = [item for item in deliveries if item.secret_owner in secrets]
    for item in deliveries:
        if item.secret_owner not in secrets:
            structlog.get_logger("warren.recorder").error(
                "a message is not delivered: it could not be signed, as there is no secret",
                task=str(item.task_id),
                owner=str(item.secret_owner),
            )
    if not signed:
        return set()
    definition, sent = announced(connection), _at_their_address(connection, signed)
    keys = limit_keys(connection, definition, (item.receiver for item in sent))
    attempts = definition.max_retries + 1 if definition else _MAX_ATTEMPTS
    judged = [
        Judged(
            item.id,
            _columns(item, item.job(secrets[item.secret_owner]), attempts, keys[item.receiver]),
        )
        for item in sent
    ]
    write_judged(connection, judged, datetime.now(UTC))
    noted = [orjson.dumps([_noted(item) for item in signed]).decode()]
    return {made for (made,) in connection.execute(_NOTE, noted).fetchall()}


def _at_their_address(
    connection: Connection[Any], deliveries: Sequence[Delivery]
) -> Sequence[Delivery]:
    """Sent to where their endpoints are, which may have moved since somebody looked."""
    ids = [item.endpoint_id for item in deliveries if item.endpoint_id is not None]
    if not ids:
        return deliveries
    urls = dict(connection.execute(_URLS, [ids]).fetchall())
    return [replace(item, url=urls.get(item.endpoint_id, item.url)) for item in deliveries]


def announced(connection: Connection[Any]) -> KindDefinition | None:
    """What workers say of deliveries; None before one has said anything."""
    return announced_definition(connection, DeliverWebhook.kind, DeliverWebhook.version)


def _columns(
    delivery: Delivery, job: DeliverWebhook, attempts: int, limit_key: str
) -> dict[str, Any]:
    payload = job.model_dump(mode="json", exclude_none=True)
    return {
        "id": delivery.id,
        "parent_id": delivery.task_id,
        "customer_id": delivery.customer_id,
        "user_id": delivery.user_id,
        "actor": delivery.actor,
        "kind": job.kind,
        "version": job.version,
        "payload": payload,
        "metadata": None,
        "tags": None,
        "traceparent": delivery.traceparent,
        "run_at": None,
        "expires_at": None,
        "unique_key": None,
        "queue": QUEUE,
        "lane": _LANE,
        "max_attempts": attempts,
        "limit_key": limit_key,
    }


def _noted(delivery: Delivery) -> dict[str, Any]:
    names = ("id", "customer_id", "endpoint_id", "type", "task_id")
    return {name: getattr(delivery, name) for name in names} | {"message_id": delivery.webhook_id}
