"""API keys over HTTP: /api/v1/keys. Making one: customers/key_making.py."""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from psycopg import Connection

from gateway.authentication import Caller, requires
from gateway.composition import Gateway, gateway_of
from gateway.customers.key_rows import KeyRow, change_key, find_key, page_of_keys, revoke_row
from gateway.customers.key_rules import check_change, check_reach, managed_by
from gateway.customers.key_schemas import KeyChange, KeyList, KeyView, parse_change
from gateway.customers.keys import Scope
from gateway.customers.problems import KeyNotFound, KeyRevoked
from gateway.described_bodies import json_body
from gateway.idempotency.route import OnceRoute
from gateway.json_body import read_json
from gateway.paging import cut, id_after

router = APIRouter(prefix="/api/v1/keys", tags=["keys"], route_class=OnceRoute)

Reader = Annotated[Caller, Depends(requires(Scope.TASKS_READ, Scope.ADMIN))]
Writer = Annotated[Caller, Depends(requires(Scope.TASKS_WRITE, Scope.ADMIN))]
App = Annotated[Gateway, Depends(gateway_of)]
T = TypeVar("T")


@router.get("")
async def list_keys(
    caller: Reader,
    gateway: App,
    customer_id: Annotated[UUID | None, Query(description="Only of this customer")] = None,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> KeyList:
    """The keys of one's customer, for administrators of all, oldest first; no secrets."""
    owner, after = managed_by(caller), id_after(cursor)
    if owner is not None and customer_id not in (None, owner):
        return KeyList(items=[], next_cursor=None)
    rows = await gateway.transactions.run(
        lambda connection: page_of_keys(
            connection, customer_id=owner or customer_id, after=after, limit=limit + 1
        )
    )
    shown, more = cut(rows, limit, lambda row: str(row.id))
    return KeyList(items=[KeyView.of(row) for row in shown], next_cursor=more)


@router.get("/{key}")
async def get_key(key: str, caller: Reader, gateway: App) -> KeyView:
    """One key, by its id or prefix."""
    return KeyView.of(await _with_key(gateway, caller, key, lambda _, known: known))


@router.patch("/{key}", openapi_extra=json_body(KeyChange.model_json_schema()))
async def change(key: str, request: Request, caller: Writer, gateway: App) -> KeyView:
    """Change its name, scopes, expiry or limits; gateways notice within five seconds.

    Nobody gives a key more than the own key may do, nor changes one that may do more; limits are
    for administrators to say.
    """
    given = parse_change(await read_json(request, gateway.settings.max_body_bytes))
    if "scopes" in given:
        given["scopes"] = sorted({scope.value for scope in given["scopes"]})

    def change_it(connection: Connection[Any], known: KeyRow) -> KeyRow:
        check_change(caller, known, given)
        if known.revoked_at is not None:
            raise KeyRevoked(f"the key {known.prefix} has been revoked; make another one")
        change_key(connection, known, given, caller.actor)
        return _found(find_key(connection, known.prefix), key)

    return KeyView.of(await _with_key(gateway, caller, key, change_it))


@router.delete("/{key}", status_code=204)
async def revoke(key: str, caller: Writer, gateway: App) -> None:
    """Revoke it: within five seconds no gateway takes it any more; it stays in the list."""

    def revoke_it(connection: Connection[Any], known: KeyRow) -> None:
        check_reach(caller, known.scopes)
        revoke_row(connection, known, caller.actor)

    await _with_key(gateway, caller, key, revoke_it)


async def _with_key(
    gateway: Gateway, caller: Caller, key: str, act: Callable[[Connection[Any], KeyRow], T]
) -> T:
    """What `act` returns for a key that the caller manages; raises KeyNotFound for another."""

    def run(connection: Connection[Any]) -> T:
        return act(connection, _found(find_key(connection, key, managed_by(caller)), key))

    return await gateway.transactions.run(run)


def _found(row: KeyRow | None, key: str) -> KeyRow:
    if row is None:
        raise KeyNotFound(f"there is no key {key[:100]!r}")
    return row
