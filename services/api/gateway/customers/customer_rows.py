"""Customers as rows: making, listing and changing them, within the caller's transaction."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row

from gateway.auditing.changes import Action, Change

COLUMNS = ("name", "plan", "weight", "waiting_limit")

_CUSTOMERS: LiteralString = (
    "SELECT id, name, plan, weight, waiting_limit, created_at FROM customers"
)
_PAGE: LiteralString = f"{_CUSTOMERS} WHERE id > %s ORDER BY id LIMIT %s"
_FIND: LiteralString = f"{_CUSTOMERS} WHERE id = %s FOR NO KEY UPDATE"
_INSERT: LiteralString = """
INSERT INTO customers (id, name, plan) VALUES (%s, %s, %s) ON CONFLICT (id) DO NOTHING
"""
_CHANGE: LiteralString = """
UPDATE customers SET name = %(name)s, plan = %(plan)s, weight = %(weight)s,
    waiting_limit = %(waiting_limit)s
WHERE id = %(id)s
"""


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """A tenant; `waiting_limit` None: as many tasks may wait as the gateway's setting says."""

    id: UUID
    name: str
    plan: str
    weight: int
    waiting_limit: int | None
    created_at: datetime


def insert_customer(
    connection: Connection[Any], customer_id: UUID, name: str, plan: str, actor: str
) -> None:
    """Make a customer; made before with the same id, it stays as it is."""
    details = {"name": name, "plan": plan}
    change = Change(actor, Action.CUSTOMER_CREATED, str(customer_id), customer_id, details)
    with connection.transaction():
        if connection.execute(_INSERT, [customer_id, name, plan]).rowcount:
            change.record(connection)


def find_row(connection: Connection[Any], customer_id: UUID) -> CustomerRow | None:
    """The customer, locked."""
    cursor = connection.cursor(row_factory=class_row(CustomerRow))
    return cursor.execute(_FIND, [customer_id]).fetchone()


def page_of_customers(connection: Connection[Any], after: UUID, limit: int) -> list[CustomerRow]:
    """At most `limit` customers with ids above `after`, oldest first."""
    cursor = connection.cursor(row_factory=class_row(CustomerRow))
    return cursor.execute(_PAGE, [after, limit]).fetchall()


def change_customer(
    connection: Connection[Any], known: CustomerRow, given: dict[str, Any], actor: str
) -> None:
    """Set what is `given` by name of column; gateways notice within five seconds."""
    kept = {name: getattr(known, name) for name in COLUMNS}
    changed = {name: value for name, value in given.items() if value != kept[name]}
    if changed:
        connection.execute(_CHANGE, {**kept, **changed, "id": known.id})
        change = Change(actor, Action.CUSTOMER_CHANGED, str(known.id), known.id, changed)
        change.record(connection)
