"""The transaction of a request that changes what is kept in step."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

import psycopg
from psycopg import Connection

from gateway.auditing.changes import Action, Change
from gateway.authentication import Caller
from gateway.composition import Gateway
from gateway.customers.holding import hold_key
from gateway.reconciling.issuing import SyncIssuer
from gateway.tasks.shared_commits import not_storable

T = TypeVar("T")

_PAYLOAD = "SELECT payload, state, created_at FROM tasks WHERE id = %s AND customer_id = %s"


@dataclass(frozen=True, slots=True)
class Writing:
    """What a change is made with: one request's connection, caller and issuer."""

    connection: Connection[Any]
    issuer: SyncIssuer
    caller: Caller
    traceparent: str | None

    def payload_of(self, task_id: UUID) -> dict[str, Any] | None:
        """The payload of a task of the caller's, if the same request has been done before."""
        rows = self.connection.execute(_PAYLOAD, [task_id, self.caller.customer_id]).fetchall()
        found: dict[str, Any] | None = rows[0][0] if rows else None
        return found

    def tell(self, action: Action, target: str, **details: Any) -> None:
        """Write down beside the change who made it; `details` are no content (auditing/changes)."""
        self.change(action, target, **details).record(self.connection)

    def change(self, action: Action, target: str, **details: Any) -> Change:
        """The same, to be written down by another statement."""
        return Change(self.caller.actor, action, target, self.caller.customer_id, details)


async def write_change(
    gateway: Gateway,
    caller: Caller,
    traceparent: str | None,
    change: Callable[[Writing], T],
    *,
    field: str = "body",
    contents: Collection[str] = (),
) -> T:
    """What `change` returns, once all it wrote is committed; raises the Problem that says why not.

    Room for one more task is asked for; `field` is what holds text that cannot be stored, and
    `contents` (SHA-256) were stored for the change.
    """
    await gateway.submissions.ensure_room(caller)

    def write(connection: Connection[Any]) -> T:
        hold_key(connection, caller, contents)
        return change(Writing(connection, gateway.syncs, caller, traceparent))

    try:
        return await gateway.transactions.run(write)
    except psycopg.DataError as error:
        raise not_storable(field, error) from error
