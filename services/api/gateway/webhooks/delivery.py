"""A delivery: one message on its way to one receiver."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from warren.contracts.webhooks import DeliverWebhook, WebhookSecret, message_id

_PORTS = {"http": 80, "https": 443}


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

    @property
    def receiver(self) -> tuple[UUID, str]:
        """Whose places it takes: the customer, and the host."""
        return self.customer_id, host_of(self.url)

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
