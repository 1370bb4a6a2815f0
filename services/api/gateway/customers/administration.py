"""Customers and keys as the command line makes them, past the gateway."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString
from uuid import UUID

import psycopg

from gateway.auditing.changes import command_actor
from gateway.customers.customer_rows import CustomerRow, change_customer, find_row, insert_customer
from gateway.customers.key_rows import (
    KeyRow,
    NewKeyRow,
    change_key,
    find_key,
    insert_key,
    revoke_row,
)
from gateway.customers.keys import PresentedKey, Scope
from warren.contracts.ids import new_id
from warren.errors import ConfigurationError, RejectedInput

_FIRST_CUSTOMER = "first customer"
_FIRST_KEY = "first key"
_REPLACEMENT = "replaces a lost key file"
# One that is being erased gets no key: nothing would start until it is gone.
_FIRST: LiteralString = """
SELECT c.id FROM customers c LEFT JOIN tasks t ON t.id = c.erased_by
ORDER BY coalesce(t.state NOT IN ('succeeded', 'failed', 'cancelled', 'expired'), false), c.id
LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class MadeKey:
    """A key that nobody asked for; `replaces_lost`: the customer has others, of unknown secret."""

    key: PresentedKey
    replaces_lost: bool


def ensure_first_key(connection: psycopg.Connection, key_file: Path | None) -> MadeKey | None:
    """Make one customer with one key of all scopes, unless a customer exists already.

    If one does, but `key_file` does not, its key is lost: the first customer gets another, or the
    next while that one is being erased. The key is written to `key_file` before the commit, so that
    it cannot get lost between the two.
    Returns None if there was nothing to do.
    """
    with connection.transaction():
        # Waits for another first start; whoever is second finds the customer.
        connection.execute("LOCK TABLE customers IN SHARE ROW EXCLUSIVE MODE")
        found = connection.execute(_FIRST).fetchone()
        if found is None:
            customer_id, name = create_customer(connection, _FIRST_CUSTOMER), _FIRST_KEY
        elif key_file is not None and not key_file.exists():
            customer_id, name = found[0], _REPLACEMENT
        else:
            return None
        key = create_key(connection, customer_id, name, list(Scope))
        if key_file is not None:
            write_key_file(key_file, key)
    return MadeKey(key, replaces_lost=name == _REPLACEMENT)


def create_customer(connection: psycopg.Connection, name: str, plan: str = "standard") -> UUID:
    """Insert a customer; returns its id."""
    customer_id = new_id()
    insert_customer(connection, customer_id, name, plan, command_actor())
    return customer_id


def find_customer(connection: psycopg.Connection, name: str) -> UUID:
    """The customer of this name or id; raises RejectedInput unless there is exactly one."""
    found = connection.execute(
        "SELECT id FROM customers WHERE name = %s OR id::text = %s", [name, name]
    ).fetchall()
    if len(found) != 1:
        raise RejectedInput(f"{len(found)} customers are called {name!r}", field="customer")
    customer_id: UUID = found[0][0]
    return customer_id


def set_customer(connection: psycopg.Connection, customer_id: UUID, given: dict[str, Any]) -> None:
    """Change what is `given`, by name of column. Raises RejectedInput if there is no customer."""
    with connection.transaction():
        known: CustomerRow | None = find_row(connection, customer_id)
        if known is None:
            raise RejectedInput(f"there is no customer {customer_id}", field="customer")
        change_customer(connection, known, given, command_actor())


def create_key(
    connection: psycopg.Connection,
    customer_id: UUID,
    name: str,
    scopes: list[Scope],
    **more: Any,
) -> PresentedKey:
    """Insert a key, with an expiry or limits in `more`; its secret is known only now.

    Raises CustomerNotFound, and CustomerBeingErased.
    """
    return insert_key(connection, NewKeyRow(customer_id, name, scopes, **more), command_actor())


def set_key(connection: psycopg.Connection, prefix: str, given: dict[str, Any]) -> None:
    """Change what is `given`, by name of column. Raises RejectedInput if there is no such key."""
    with connection.transaction():
        change_key(connection, _known(connection, prefix), given, command_actor())


def revoke_key(connection: psycopg.Connection, prefix: str) -> None:
    """Gateways notice within five seconds. Raises RejectedInput if there is no such key."""
    with connection.transaction():
        revoke_row(connection, _known(connection, prefix), command_actor())


def write_key_file(path: Path, key: PresentedKey) -> None:
    """Write the key for its owner's eyes only; raises ConfigurationError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.touch(mode=0o600, exist_ok=False)
        path.write_text(f"{key}\n")
    except OSError as error:
        raise ConfigurationError(f"the key cannot be written to {path}: {error}") from error


def _known(connection: psycopg.Connection, prefix: str) -> KeyRow:
    known = find_key(connection, prefix)
    if known is None:
        raise RejectedInput(f"there is no key with the prefix {prefix!r}", field="prefix")
    return known
