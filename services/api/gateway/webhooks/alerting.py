"""Operators hear of endpoints that were disabled for their owners."""

from typing import Any, LiteralString
from uuid import UUID

from psycopg import Connection

from gateway.auditing.changes import Action, Change
from gateway.webhooks.delivery import host_of
from warren.contracts.ids import new_id

ALERT = "webhook_disabled"
_ALERT: LiteralString = """
INSERT INTO alerts (id, name, subject, message) VALUES (%s, %s, %s, %s)
ON CONFLICT (name, subject) WHERE cleared_at IS NULL DO NOTHING
"""


def alert_disabled(
    connection: Connection[Any], endpoint: UUID, customer: UUID, url: str, because: str
) -> None:
    """Tell operators, of the address no more than its host: the rest may hold a token."""
    message = (
        f"the webhook {endpoint} of customer {customer} ({host_of(url)}) is disabled: {because}; "
        "tell the customer, who enables it again by PATCH /api/v1/webhooks/{id}"
    )
    connection.execute(_ALERT, [new_id(), ALERT, str(endpoint), message])
    details = {"because": because}
    Change("service:webhooks", Action.WEBHOOK_DISABLED, str(endpoint), customer, details).record(
        connection
    )
