"""Making customers and keys, listing and revoking keys: what the command line does."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import DictRow, class_row, dict_row

from gateway.auditing.changes import Action, Change, command_actor
from gateway.customers.keys import PresentedKey, Scope, new_key
from warren.contracts.ids import new_id
from warren.errors import ConfigurationError, RejectedInput

_FIRST_CUSTOMER = "first customer"
_FIRST_KEY = "first key"
_REPLACEMENT = "replaces a lost key file"

_INSERT_CUSTOMER = "INSERT INTO customers (id, name, plan) VALUES (%s, %s, %s)"
_INSERT_KEY = """
INSERT INTO api_keys (id, customer_id, name, prefix, secret_hash, scopes)
VALUES (%s, %s, %s, %s, %s, %s)
"""
_LOCK_KEY = """
SELECT customer_id, revoked_at IS NOT NULL FROM api_keys WHERE prefix = %s FOR UPDATE
"""
_REVOKE = "UPDATE api_keys SET revoked_at = now() WHERE prefix = %s"
_LIST_CUSTOMERS = "SELECT id, name, plan, weight, waiting_limit FROM customers ORDER BY id"
_SET_WAITING_LIMIT = "UPDATE customers SET waiting_limit = %s WHERE id = %s"
_LIST_KEYS = """
SELECT prefix, api_keys.name, customers.name AS customer, plan, scopes, api_keys.created_at,
    last_used_at, revoked_at
FROM api_keys JOIN customers ON customers.id = customer_id ORDER BY api_keys.id
"""


@dataclass(frozen=True, slots=True)
class MadeKey:
    """A key that nobody asked for; `replaces_lost`: the customer has others, of unknown secret."""

    key: PresentedKey
    replaces_lost: bool


@dataclass(frozen=True, slots=True)
class ListedKey:
    """A key as `warren keys list` shows it."""

    prefix: str
    name: str
    customer: str
    plan: str
    scopes: list[str]
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class ListedCustomer:
    """A customer as `warren customers list` shows it."""

    id: UUID
    name: str
    plan: str
    weight: int
    waiting_limit: int | None


def ensure_first_key(connection: psycopg.Connection, key_file: Path | None) -> MadeKey | None:
    """Make one customer with one key of all scopes, unless a customer exists already.

    If one does, but `key_file` does not, its key is lost: the first customer gets another. The key
    is written to `key_file` before the commit, so that it cannot get lost between the two.
    Returns None if there was nothing to do.
    """
    with connection.transaction():
        # Waits for another first start; whoever is second finds the customer.
        connection.execute("LOCK TABLE customers IN SHARE ROW EXCLUSIVE MODE")
        found = connection.execute("SELECT id FROM customers ORDER BY id LIMIT 1").fetchone()
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
    change = _changed(Action.CUSTOMER_CREATED, customer_id, {"name": name, "plan": plan})
    with connection.transaction():
        connection.execute(_INSERT_CUSTOMER, [customer_id, name, plan])
        change.record(connection)
    return customer_id


def find_customer(connection: psycopg.Connection, name: str) -> UUID:
    """The customer of this name or id; raises RejectedInput unless there is exactly one."""
    found = (
        connection.cursor(row_factory=dict_row)
        .execute("SELECT id FROM customers WHERE name = %s OR id::text = %s", [name, name])
        .fetchall()
    )
    if len(found) != 1:
        raise RejectedInput(f"{len(found)} customers are called {name!r}", field="customer")
    return _id_of(found[0])


def list_customers(connection: psycopg.Connection) -> list[ListedCustomer]:
    """All customers, oldest first."""
    return (
        connection.cursor(row_factory=class_row(ListedCustomer)).execute(_LIST_CUSTOMERS).fetchall()
    )


def set_waiting_limit(
    connection: psycopg.Connection, customer_id: UUID, waiting: int | None
) -> None:
    """How many tasks of the customer may wait; None: as many as the gateway's setting says."""
    change = _changed(Action.CUSTOMER_CHANGED, customer_id, {"waiting_limit": waiting})
    with connection.transaction():
        connection.execute(_SET_WAITING_LIMIT, [waiting, customer_id])
        change.record(connection)


def _changed(action: Action, customer_id: UUID, details: dict[str, Any]) -> Change:
    return Change(command_actor(), action, str(customer_id), customer_id, details)


def create_key(
    connection: psycopg.Connection, customer_id: UUID, name: str, scopes: list[Scope]
) -> PresentedKey:
    """Insert a key; this is the only time that its secret is known."""
    key = new_key()
    values = [scope.value for scope in scopes]
    details = {"name": name, "scopes": values}
    change = Change(command_actor(), Action.KEY_CREATED, key.prefix, customer_id, details)
    with connection.transaction():
        connection.execute(
            _INSERT_KEY, [new_id(), customer_id, name, key.prefix, key.secret_hash, values]
        )
        change.record(connection)
    return key


def list_keys(connection: psycopg.Connection) -> list[ListedKey]:
    """All keys, oldest first."""
    return connection.cursor(row_factory=class_row(ListedKey)).execute(_LIST_KEYS).fetchall()


def revoke_key(connection: psycopg.Connection, prefix: str) -> None:
    """Gateways notice within five seconds. Raises RejectedInput if there is no such key."""
    with connection.transaction():
        row = connection.execute(_LOCK_KEY, [prefix]).fetchone()
        if row is None:
            raise RejectedInput(f"there is no key with the prefix {prefix!r}", field="prefix")
        customer_id, revoked = row
        if not revoked:
            connection.execute(_REVOKE, [prefix])
            Change(command_actor(), Action.KEY_REVOKED, prefix, customer_id).record(connection)


def write_key_file(path: Path, key: PresentedKey) -> None:
    """Write the key for its owner's eyes only; raises ConfigurationError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.touch(mode=0o600, exist_ok=False)
        path.write_text(f"{key}\n")
    except OSError as error:
        raise ConfigurationError(f"the key cannot be written to {path}: {error}") from error


def _id_of(row: DictRow) -> UUID:
    found: UUID = row["id"]
    return found
