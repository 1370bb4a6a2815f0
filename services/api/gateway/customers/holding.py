"""Who writes for a caller holds the caller's key until that is committed.

An erasure takes the keys away first: it waits for whoever holds one, and from then on nobody does.
What was sent with a key, however long it took to arrive, is therefore there to be erased, or
refused. Who calls `hold_key` does so before anything else of a transaction; what is accepted with
other rows (gateway/tasks/beside.py: catalogues, erasures) holds its key last, as it accepts. The
erasure takes each key in a transaction of its own and holds nothing else then, so neither waits in
a circle, and nobody waits for long.

Operators write for customers with keys of their own, and administrators make keys: they hold the
customer, before its counters; so does whoever starts tasks again, before or after their locks. An
erasure first notes in the customer's row that it goes on, then waits for whoever held that before.
Nobody waits for an erasure to hold a customer: who cannot at once is refused, as others share the
transaction.
"""

from collections.abc import Collection, Mapping
from typing import Any, LiteralString
from uuid import UUID

from psycopg import AsyncConnection, Connection
from psycopg.rows import tuple_row

from gateway.authentication import Caller
from gateway.customers.problems import CustomerBeingErased, CustomerNotFound, KeyGone
from gateway.problems import Problem

_HOLD_KEY: LiteralString = "SELECT FROM api_keys WHERE id = %s FOR KEY SHARE"
# Only an erasure locks so much that one is skipped.
_HOLD_CUSTOMERS: LiteralString = """
SELECT id, erased_by FROM customers WHERE id = ANY (%s::uuid[])
ORDER BY id FOR KEY SHARE SKIP LOCKED
"""
# Asked once they are held: an erasure that has ended may be started again, and waits then.
_ERASURES: LiteralString = """
SELECT c.id, c.erased_by, t.state IS NOT NULL
    AND t.state NOT IN ('succeeded', 'failed', 'cancelled', 'expired')
FROM customers c LEFT JOIN tasks t ON t.id = c.erased_by WHERE c.id = ANY (%s::uuid[])
"""
#: Customers, each with the task that erases it, or has.
_Held = Mapping[UUID, UUID | None]


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


def hold_customer(connection: Connection[Any], customer_id: UUID) -> None:
    """Let nobody erase the customer until the transaction ends.

    Raises CustomerNotFound, and CustomerBeingErased unless that was cancelled or has failed.
    """
    for problem in _problems([customer_id], *_held(connection, [customer_id])).values():
        raise problem


def erasures_of(connection: Connection[Any], customers: Collection[UUID]) -> dict[UUID, UUID]:
    """Hold these customers; returns the tasks that erase those that cannot be held.

    Of a customer that is gone there is nothing to hold.
    """
    return _erasures(*_held(connection, customers))


async def hold_customer_beside(connection: AsyncConnection[Any], customer_id: UUID) -> None:
    """The same for whoever does not block."""
    for problem in (await unheld_customers(connection, [customer_id])).values():
        raise problem


async def unheld_customers(
    connection: AsyncConnection[Any], customers: Collection[UUID]
) -> dict[UUID, Problem]:
    """Hold these customers; returns what is to be answered for those that cannot be held."""
    cursor = connection.cursor(row_factory=tuple_row)
    await cursor.execute(_HOLD_CUSTOMERS, [list(customers)])
    held: _Held = dict(await cursor.fetchall())
    doubtful = _doubtful(customers, held)
    if not doubtful:
        return {}
    await cursor.execute(_ERASURES, [doubtful])
    return _problems(doubtful, held, await cursor.fetchall())


def _held(
    connection: Connection[Any], customers: Collection[UUID]
) -> tuple[_Held, list[tuple[Any, ...]]]:
    """Those that are held, and what is known of erasures of the others, and of some of them."""
    cursor = connection.cursor(row_factory=tuple_row)
    held: _Held = dict(cursor.execute(_HOLD_CUSTOMERS, [list(customers)]).fetchall())
    doubtful = _doubtful(customers, held)
    return held, cursor.execute(_ERASURES, [doubtful]).fetchall() if doubtful else []


def _doubtful(customers: Collection[UUID], held: _Held) -> list[UUID]:
    return [each for each in customers if each not in held or held[each] is not None]


def _erasures(held: _Held, rows: Collection[tuple[Any, ...]]) -> dict[UUID, UUID]:
    return {customer: task for customer, task, goes_on in rows if goes_on or customer not in held}


def _problems(
    customers: Collection[UUID], held: _Held, rows: Collection[tuple[Any, ...]]
) -> dict[UUID, Problem]:
    known = {*held, *(row[0] for row in rows)}
    gone: dict[UUID, Problem] = {
        customer: CustomerNotFound(f"there is no customer {customer}")
        for customer in customers
        if customer not in known
    }
    erasures = _erasures(held, rows)
    return gone | {each: CustomerBeingErased.by(task, each) for each, task in erasures.items()}
