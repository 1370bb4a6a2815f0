"""POST /api/v1/keys: the answer has the secret, and is kept nowhere."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from psycopg import Connection

from gateway.addresses import API, public
from gateway.authentication import Caller, requires
from gateway.composition import Gateway, gateway_of
from gateway.customers.key_rows import MOST, KeyRow, NewKeyRow, count_keys, find_key, insert_key
from gateway.customers.key_rules import check_new
from gateway.customers.key_schemas import KeyBody, NewKey, parse_body
from gateway.customers.keys import Scope
from gateway.customers.problems import CustomerNotFound, KeyNotFound, TooManyKeys
from gateway.described_bodies import json_body
from gateway.json_body import read_json

router = APIRouter(prefix="/api/v1/keys", tags=["keys"])

# Its lock makes those who add keys to one customer take turns, so that the count holds.
_LOCK_CUSTOMER = "SELECT FROM customers WHERE id = %s FOR NO KEY UPDATE"


@router.post(
    "",
    status_code=201,
    response_model=NewKey,
    openapi_extra=json_body(KeyBody.model_json_schema()),
)
async def create(
    request: Request,
    caller: Annotated[Caller, Depends(requires(Scope.TASKS_WRITE, Scope.ADMIN))],
    gateway: Annotated[Gateway, Depends(gateway_of)],
) -> Response:
    """Make a key of one's own customer; it is shown in this answer only.

    It cannot do more than the key that makes it, nor live longer. Administrators make keys of any
    customer, with any scopes.
    """
    body = parse_body(await read_json(request, gateway.settings.max_body_bytes))
    customer_id = body.customer_id or caller.customer_id
    new = NewKeyRow(customer_id, **body.model_dump(exclude={"customer_id"}))
    check_new(caller, new)
    row, key = await gateway.transactions.run(lambda c: _made(c, new, caller))
    return Response(
        NewKey.made(row, key).model_dump_json(),
        201,
        headers={"Location": public(f"{API}/keys/{row.id}"), "Cache-Control": "no-store"},
        media_type="application/json",
    )


def _made(connection: Connection[Any], new: NewKeyRow, caller: Caller) -> tuple[KeyRow, str]:
    if connection.execute(_LOCK_CUSTOMER, [new.customer_id]).fetchone() is None:
        raise CustomerNotFound(f"there is no customer {new.customer_id}")
    if count_keys(connection, new.customer_id) >= MOST:
        raise TooManyKeys(f"the customer has {MOST} keys; revoke one that nobody needs")
    key = insert_key(connection, new, caller.actor)
    row = find_key(connection, key.prefix)
    if row is None:
        raise KeyNotFound(f"the key {key.prefix} was deleted while it was made")
    return row, str(key)
