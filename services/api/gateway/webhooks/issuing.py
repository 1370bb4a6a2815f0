"""Deliveries as tasks: one for each receiver of a message, however often it is asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, LiteralString
from urllib.parse import urlsplit
from uuid import UUID

import orjson
from psycopg import Connection

from gateway.intake.definitions import Definitions
from gateway.intake.judging import Judged
from gateway.intake.writing import write_judged
from warren.contracts.kinds import KindDefinition
from warren.contracts.lanes import Lane, queue_name
from warren.contracts.limit_key import limit_key_of
from warren.contracts.webhooks import RETRY_DELAYS, DeliverWebhook, WebhookSecret, message_id

#: Until a worker has announced what it does, its tasks wait for one.
_SERVICE, _LANE, _MAX_ATTEMPTS = "sync", Lane.LOW, len(RETRY_DELAYS) + 1
_PORTS = {"http": 80, "https": 443}
#: Where deliveries wait.
QUEUE = queue_name(_SERVICE, _LANE)
_NOTE: LiteralString = """
INSERT INTO webhook_deliveries (id, customer_id, endpoint_id, message_id, type, task_id)
SELECT id, customer_id, endpoint_id, message_id, type, task_id
FROM json_to_recordset(%s::json) AS n (id uuid, customer_id uuid, endpoint_id uuid, message_id text,
    type text, task_id uuid)
ON CONFLICT (id) DO NOTHING
"""
_definitions = Definitions()


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message to one receiver; `id` is that of its task.

    With `message_id` it is another delivery of an earlier message. `attempts`: not more than these.
    """

    id: UUID
    customer_id: UUID
    endpoint_id: UUID | None
    url: str
    secret_owner: UUID
    type: str
    body: dict[str, Any]
    task_id: UUID | None = None
    message_id: str | None = None
    attempts: int | None = None
    user_id: str | None = None
    traceparent: str | None = None
    actor: str = "service:webhooks"

    @property
    def webhook_id(self) -> str:
        """The same whenever this message is sent."""
        return self.message_id or message_id(self.id)

    def job(self, secrets: Sequence[WebhookSecret]) -> DeliverWebhook:
        """What its worker is told."""
        return DeliverWebhook(
            url=self.url,
            host=host_of(self.url),
            message_id=self.webhook_id,
            body=self.body,
            secret_of=self.secret_owner,
            secrets=list(secrets),
            attempts=self.attempts,
        )


def host_of(url: str) -> str:
    """Whose places a delivery to this address takes, however it is spelt; with an unusual port."""
    parts = urlsplit(url)
    name = (parts.hostname or "").rstrip(".")
    host = f"[{name}]" if ":" in name else name
    usual = parts.port in (None, _PORTS.get(parts.scheme))
    return host if usual else f"{host}:{parts.port}"


def limit_key_at(connection: Connection[Any], customer_id: UUID, host: str) -> str:
    """The limit under which the customer's deliveries to this host are."""
    definition = _definition(connection)
    if definition is None:
        return ""
    caller = {"customer_id": customer_id, "user_id": None}
    return str(limit_key_of(definition, caller, {"host": host}))


def issue_deliveries(
    connection: Connection[Any],
    deliveries: Sequence[Delivery],
    secrets: Mapping[UUID, Sequence[WebhookSecret]],
) -> None:
    """Make their tasks, within the caller's transaction; those that were made before stay."""
    definition = _definition(connection)
    judged = [
        Judged(item.id, _columns(item, item.job(secrets[item.secret_owner]), definition))
        for item in deliveries
    ]
    write_judged(connection, judged, datetime.now(UTC))
    connection.execute(_NOTE, [orjson.dumps([_noted(item) for item in deliveries]).decode()])


def _definition(connection: Connection[Any]) -> KindDefinition | None:
    versions = _definitions.read(connection, [DeliverWebhook.kind]).get(DeliverWebhook.kind)
    kind = versions.get(DeliverWebhook.version) if versions else None
    return kind.definition if kind else None


def _columns(
    delivery: Delivery, job: DeliverWebhook, definition: KindDefinition | None
) -> dict[str, Any]:
    payload = job.model_dump(mode="json", exclude_none=True)
    caller = {"customer_id": delivery.customer_id, "user_id": delivery.user_id}
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
        "max_attempts": definition.max_retries + 1 if definition else _MAX_ATTEMPTS,
        "limit_key": str(limit_key_of(definition, caller, payload)) if definition else "",
    }


def _noted(delivery: Delivery) -> dict[str, Any]:
    names = ("id", "customer_id", "endpoint_id", "type", "task_id")
    return {name: getattr(delivery, name) for name in names} | {"message_id": delivery.webhook_id}
