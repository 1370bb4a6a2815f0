"""A new secret, also for what is on its way: retries go on for days."""

from typing import Any
from uuid import UUID

from psycopg import Connection

from gateway.auditing.changes import Action, Change
from gateway.authentication import Caller
from gateway.webhooks.live import amend_live
from gateway.webhooks.secrets import NewSecret, put_secret, read_secrets


def rotate_secret(
    connection: Connection[Any], caller: Caller, endpoint_id: UUID | None, overlap: float
) -> NewSecret:
    """Make a new secret of an endpoint, or else of the caller; the old one signs beside it.

    What waits for another attempt is signed by both, too.
    """
    owner = endpoint_id or caller.customer_id
    new = put_secret(connection, owner, overlap)
    secrets = read_secrets(connection, [owner])[owner]
    signed_by = [item.model_dump(mode="json", exclude_none=True) for item in secrets]
    amend_live(connection, caller.customer_id, endpoint_id, {"secrets": signed_by})
    action = Action.WEBHOOK_SECRET_ROTATED
    Change(caller.actor, action, str(owner), caller.customer_id).record(connection)
    return new
