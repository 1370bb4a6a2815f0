"""A new secret, by which what comes is signed from now on."""

from typing import Any
from uuid import UUID

from psycopg import Connection

from gateway.auditing.changes import Action, Change
from gateway.authentication import Caller
from gateway.customers.holding import hold_key
from gateway.webhooks.secrets import NewSecret, put_secret


def rotate_secret(
    connection: Connection[Any], caller: Caller, endpoint_id: UUID | None, overlap: float
) -> NewSecret:
    """Make a new secret of an endpoint, or else of the caller; the old one signs beside it.

    After a commit `refresh_live` has both sign what waits for another attempt, too.
    """
    hold_key(connection, caller)
    owner = endpoint_id or caller.customer_id
    new = put_secret(connection, owner, overlap)
    action = Action.WEBHOOK_SECRET_ROTATED
    Change(caller.actor, action, str(owner), caller.customer_id).record(connection)
    return new
