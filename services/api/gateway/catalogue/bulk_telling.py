"""What the audit tells of a bulk: one entry, which grows with each task that is committed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import orjson
from psycopg import AsyncConnection, Connection
from psycopg.rows import DictRow

from gateway.auditing.changes import Action as Told
from gateway.catalogue.tenant import Tenant
from gateway.database import Pool
from warren.contracts.catalogue import Action

_PLACE: LiteralString = """
SELECT nextval('audit_entries_id_seq') AS id, clock_timestamp() AS at
"""
# Nobody else knows the entry so far, or waits for it.
_GROW: LiteralString = """
WITH grown AS (
    UPDATE audit_writes SET details = details || jsonb_build_object(
        'items', (details ->> 'items')::bigint + %(items)s,
        'tasks', (details ->> 'tasks')::bigint + 1)
    WHERE id = %(id)s AND at = %(at)s RETURNING id
)
INSERT INTO audit_writes (id, at, actor, action, target, customer_id, details)
SELECT %(id)s, %(at)s, %(actor)s, %(action)s, %(kind)s, %(customer)s, %(details)s::jsonb
WHERE NOT EXISTS (SELECT FROM grown)
"""
_GATHER: LiteralString = """
UPDATE audit_writes SET details = details || jsonb_build_object('task_id', %s::text)
WHERE id = %s AND at = %s
"""


@dataclass(frozen=True, slots=True)
class BulkEntry:
    """The place of the entry of one request, which is written with its first task."""

    tenant: Tenant
    action: Action
    id: int
    at: datetime

    @classmethod
    async def of(cls, pool: Pool, tenant: Tenant, action: Action) -> "BulkEntry":
        """A place of its own."""
        async with pool.connection() as connection:
            row = await (await connection.execute(_PLACE)).fetchone()
        assert row is not None  # noqa: S101 -- a SELECT without FROM
        return cls(tenant, action, row["id"], row["at"])

    async def grow(self, connection: AsyncConnection[DictRow], task_id: UUID, items: int) -> None:
        """Tell of one more task with so many items, in the transaction that accepts it."""
        details = {"items": items, "tasks": 1, "task_id": task_id}
        action = Told.BULK_DELETED if self.action is Action.BULK_DELETE else Told.BULK_WRITTEN
        values = {
            "id": self.id,
            "at": self.at,
            "actor": self.tenant.caller.actor,
            "action": action.value,
            "kind": self.tenant.entity_kind.value,
            "customer": self.tenant.customer_id,
            "items": items,
            "details": orjson.dumps(details).decode(),
        }
        await connection.execute(_GROW, values)

    def gather(self, connection: Connection[Any], batch_id: UUID) -> None:
        """Name the batch that its tasks have become."""
        connection.execute(_GATHER, [str(batch_id), self.id, self.at])
