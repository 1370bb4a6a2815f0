"""Keys as rows: making, finding, changing and revoking them, within the caller's transaction."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row

from gateway.auditing.changes import Action, Change
from gateway.customers.holding import hold_customer
from gateway.customers.keys import PresentedKey, Scope, new_key
from warren.contracts.ids import new_id

#: Of one customer, without those that were revoked.
MOST = 100
#: What can be changed of a key.
COLUMNS = ("name", "scopes", "expires_at", "requests_per_minute", "tasks_per_day")

_KEYS: LiteralString = """
SELECT k.id, k.prefix, k.name, k.customer_id, c.name AS customer, c.plan, k.scopes, k.created_at,
    k.expires_at, k.revoked_at, k.last_used_at, k.requests_per_minute, k.tasks_per_day,
    CASE WHEN k.revoked_at IS NOT NULL THEN 'revoked' WHEN k.expires_at <= now() THEN 'expired'
        ELSE 'active' END AS state
FROM api_keys k JOIN customers c ON c.id = k.customer_id
"""
_PAGE: LiteralString = f"""
{_KEYS} WHERE k.id > %(after)s AND (%(customer)s::uuid IS NULL OR k.customer_id = %(customer)s)
ORDER BY k.id LIMIT %(limit)s
"""
_FIND: LiteralString = f"""
{_KEYS} WHERE (k.id = %(id)s OR k.prefix = %(prefix)s)
    AND (%(customer)s::uuid IS NULL OR k.customer_id = %(customer)s)
FOR NO KEY UPDATE OF k
"""
_COUNT: LiteralString = """
SELECT count(*) FROM api_keys WHERE customer_id = %s AND revoked_at IS NULL
"""
_INSERT: LiteralString = """
INSERT INTO api_keys (id, customer_id, name, prefix, secret_hash, scopes, expires_at,
    requests_per_minute, tasks_per_day)
VALUES (%(id)s, %(customer)s, %(name)s, %(prefix)s, %(hash)s, %(scopes)s, %(expires_at)s,
    %(requests_per_minute)s, %(tasks_per_day)s)
"""
_CHANGE: LiteralString = """
UPDATE api_keys SET name = %(name)s, scopes = %(scopes)s, expires_at = %(expires_at)s,
    requests_per_minute = %(requests_per_minute)s, tasks_per_day = %(tasks_per_day)s
WHERE id = %(id)s
"""
_REVOKE: LiteralString = "UPDATE api_keys SET revoked_at = now() WHERE id = %s"


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key without its secret; `customer` is the name of its customer, whose plan it has."""

    id: UUID
    prefix: str
    name: str
    customer_id: UUID
    customer: str
    plan: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    requests_per_minute: int | None
    tasks_per_day: int | None
    state: str


@dataclass(frozen=True, slots=True)
class NewKeyRow:
    """What a key is to be; limits that are None are those of its customer's plan."""

    customer_id: UUID
    name: str
    scopes: list[Scope]
    expires_at: datetime | None = None
    requests_per_minute: int | None = None
    tasks_per_day: int | None = None


def insert_key(connection: Connection[Any], new: NewKeyRow, actor: str) -> PresentedKey:
    """Make a key; this is the only time that its secret is known.

    Raises CustomerNotFound, and CustomerBeingErased.
    """
    key = new_key()
    values: dict[str, Any] = {name: getattr(new, name) for name in COLUMNS}
    values["scopes"] = sorted({scope.value for scope in new.scopes})
    details = {name: value for name, value in values.items() if value is not None}
    named = {"id": new_id(), "customer": new.customer_id, "hash": key.secret_hash}
    change = Change(actor, Action.KEY_CREATED, key.prefix, new.customer_id, details)
    with connection.transaction():
        hold_customer(connection, new.customer_id)
        connection.execute(_INSERT, {**values, **named, "prefix": key.prefix})
        change.record(connection)
    return key


def count_keys(connection: Connection[Any], customer_id: UUID) -> int:
    """Keys of the customer that were not revoked."""
    ((count,),) = connection.execute(_COUNT, [customer_id]).fetchall()
    return int(count)


def find_key(
    connection: Connection[Any], reference: str, customer_id: UUID | None = None
) -> KeyRow | None:
    """The key of this id or prefix, locked; of this customer, unless that is None."""
    values = {"id": _uuid(reference), "prefix": reference, "customer": customer_id}
    return connection.cursor(row_factory=class_row(KeyRow)).execute(_FIND, values).fetchone()


def page_of_keys(
    connection: Connection[Any], *, customer_id: UUID | None, after: UUID, limit: int
) -> list[KeyRow]:
    """At most `limit` keys with ids above `after`, oldest first; of all customers if None."""
    values = {"customer": customer_id, "after": after, "limit": limit}
    return connection.cursor(row_factory=class_row(KeyRow)).execute(_PAGE, values).fetchall()


def change_key(
    connection: Connection[Any], known: KeyRow, given: dict[str, Any], actor: str
) -> None:
    """Set what is `given` by name of column; gateways notice within five seconds."""
    kept = {name: getattr(known, name) for name in COLUMNS}
    changed = {name: value for name, value in given.items() if value != kept[name]}
    if changed:
        connection.execute(_CHANGE, {**kept, **changed, "id": known.id})
        Change(actor, Action.KEY_CHANGED, known.prefix, known.customer_id, changed).record(
            connection
        )


def revoke_row(connection: Connection[Any], known: KeyRow, actor: str) -> None:
    """Make it useless, within five seconds at every gateway; again, it stays as it is."""
    if known.revoked_at is None:
        connection.execute(_REVOKE, [known.id])
        Change(actor, Action.KEY_REVOKED, known.prefix, known.customer_id).record(connection)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
