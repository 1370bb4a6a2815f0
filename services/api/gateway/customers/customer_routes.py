"""Customers over HTTP, for administrators: /api/v1/customers."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from psycopg import Connection

from gateway.authentication import Caller, requires
from gateway.composition import Gateway, gateway_of
from gateway.customers.customer_rows import (
    CustomerRow,
    change_customer,
    find_row,
    insert_customer,
    page_of_customers,
)
from gateway.customers.customer_schemas import (
    CustomerBody,
    CustomerChange,
    CustomerList,
    CustomerView,
)
from gateway.customers.key_schemas import parse_as
from gateway.customers.keys import Scope
from gateway.customers.problems import CustomerNotFound
from gateway.described_bodies import json_body
from gateway.idempotency.route import OnceRoute, made_id
from gateway.json_body import read_json
from gateway.paging import cut, id_after

router = APIRouter(prefix="/api/v1/customers", tags=["customers"], route_class=OnceRoute)

Admin = Annotated[Caller, Depends(requires(Scope.ADMIN))]
App = Annotated[Gateway, Depends(gateway_of)]


@router.get("")
async def list_customers(
    _: Admin,
    gateway: App,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> CustomerList:
    """All customers, oldest first (administrators only)."""
    after = id_after(cursor)
    rows = await gateway.transactions.run(lambda c: page_of_customers(c, after, limit + 1))
    shown, more = cut(rows, limit, lambda row: str(row.id))
    return CustomerList(items=[CustomerView.of(row) for row in shown], next_cursor=more)


@router.post(
    "",
    status_code=201,
    response_model=CustomerView,
    openapi_extra=json_body(CustomerBody.model_json_schema()),
)
async def create(request: Request, caller: Admin, gateway: App) -> Response:
    """Make a customer; `POST /api/v1/keys` then makes its keys (administrators only)."""
    body = parse_as(CustomerBody, await read_json(request, gateway.settings.max_body_bytes))
    customer_id = made_id(request)

    def make(connection: Connection[Any]) -> CustomerRow:
        insert_customer(connection, customer_id, body.name, body.plan.value, caller.actor)
        return _found(connection, customer_id)

    view = CustomerView.of(await gateway.transactions.run(make))
    return Response(view.model_dump_json(), 201, media_type="application/json")


@router.patch("/{customer_id}", openapi_extra=json_body(CustomerChange.model_json_schema()))
async def change(customer_id: UUID, request: Request, caller: Admin, gateway: App) -> CustomerView:
    """Change name, plan, weight or `waiting_limit`; gateways notice within five seconds.

    A limit that is null is that of the gateway's setting (administrators only).
    """
    body = parse_as(CustomerChange, await read_json(request, gateway.settings.max_body_bytes))
    given = body.model_dump(exclude_unset=True, mode="json")

    def change_it(connection: Connection[Any]) -> CustomerRow:
        change_customer(connection, _found(connection, customer_id), given, caller.actor)
        return _found(connection, customer_id)

    return CustomerView.of(await gateway.transactions.run(change_it))


def _found(connection: Connection[Any], customer_id: UUID) -> CustomerRow:
    row = find_row(connection, customer_id)
    if row is None:
        raise CustomerNotFound(f"there is no customer {customer_id}")
    return row
