"""Who writes for a caller holds the caller's key until that is committed.

An erasure takes the keys away first: it waits for whoever holds one, and from then on nobody does.
What was sent with a key, however long it took to arrive, is therefore there to be erased, or
refused. Who calls `hold_key` does so before anything else of a transaction; what is accepted with
other rows (gateway/tasks/beside.py: catalogues, erasures) holds its key last, as it accepts. The
erasure takes each key in a transaction of its own and holds nothing else then, so neither waits in
a circle, and nobody waits for long.
"""

from collections.abc import Collection
from typing import Any, LiteralString
from uuid import UUID

from psycopg import AsyncConnection, Connection

from gateway.authentication import Caller
from gateway.customers.problems import CustomerNotFound, KeyGone

_HOLD_KEY: LiteralString = "SELECT FROM api_keys WHERE id = %s FOR KEY SHARE"
_HOLD_CUSTOMER: LiteralString = "SELECT FROM customers WHERE id = %s FOR KEY SHARE"


def hold_key(connection: Connection[Any], caller: Caller, contents: Collection[str] = ()) -> None:
    """Hold the key until the transaction ends; raises KeyGone.

    `contents` (SHA-256) were stored for what is to be written.
    """
    if caller.key_id is not None and not connection.execute(_HOLD_KEY, [caller.key_id]).rowcount:
        raise KeyGone(contents)


async def hold_key_beside(
    connection: AsyncConnection[Any], caller: Caller, contents: Collection[str] = ()
) -> None:
    """The same for whoever does not block."""
    if caller.key_id is not None:
        held = await connection.execute(_HOLD_KEY, [caller.key_id])
        if not held.rowcount:
            raise KeyGone(contents)


async def hold_customer(connection: AsyncConnection[Any], customer_id: UUID) -> None:
    """Let nobody erase the customer for whom an operator writes; raises CustomerNotFound."""
    held = await connection.execute(_HOLD_CUSTOMER, [customer_id])
    if not held.rowcount:
        raise CustomerNotFound(f"there is no customer {customer_id}")
