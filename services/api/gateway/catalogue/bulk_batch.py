"""The batch that the tasks of a large bulk become, once all of them are accepted."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson
from psycopg import Connection

from gateway.batches.counting import settle_batches
from gateway.batches.opening import ADD_MEMBERS, OPEN_BATCH
from gateway.catalogue.bulk_member import BulkTerms
from gateway.catalogue.bulk_telling import BulkEntry
from gateway.customers.holding import hold_customer, hold_key
from gateway.recording.loading import lock_tasks
from warren.contracts.batches import BATCH_KIND
from warren.contracts.ids import derived_id
from warren.contracts.lanes import Lane, queue_name


async def gather_members(
    terms: BulkTerms, members: Sequence[UUID], entry: BulkEntry | None
) -> UUID:
    """Make the batch of these tasks, some of which may have ended; returns its id.

    Last of all: where this process dies before, the tasks run on their own.
    """
    batch_id = derived_id(terms.made, f"batch:{','.join(map(str, members))}")
    opening = {
        "id": batch_id,
        "customer": terms.tenant.customer_id,
        "user": None,
        "actor": terms.tenant.caller.actor,
        "kind": BATCH_KIND,
        "queue": queue_name(BATCH_KIND.partition(".")[0], Lane.DEFAULT),
        "parent": None,
        "traceparent": terms.traceparent,
        "total": len(members),
        "callback": None,
    }
    rows = [
        {"task_id": member, "batch_id": batch_id, "position": position}
        for position, member in enumerate(members)
    ]

    def gather(connection: Connection[Any]) -> None:
        # Under their locks: none can end unseen between being read and being a member.
        hold_key(connection, terms.tenant.caller)
        hold_customer(connection, terms.tenant.customer_id)
        lock_tasks(connection, members)
        connection.execute(OPEN_BATCH, opening)
        connection.execute(ADD_MEMBERS, {"rows": orjson.dumps(rows).decode()})
        settle_batches(connection, [batch_id])
        if entry is not None:
            entry.gather(connection, batch_id)

    await terms.tenant.gateway.transactions.run(gather)
    return batch_id
