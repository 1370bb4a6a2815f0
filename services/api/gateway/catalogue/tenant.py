"""Whose catalogue a request means: the caller's, or for operators anybody's."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Query

from gateway.authentication import Caller, requires
from gateway.composition import Gateway, gateway_of
from gateway.customers.keys import Scope
from gateway.problems import NotFound, ScopeMissing
from warren.contracts.catalogue_item import EntityKind

_CUSTOMER = "SELECT plan, waiting_limit FROM customers WHERE id = %s"
_KINDS = {
    "products": EntityKind.PRODUCT,
    "services": EntityKind.SERVICE,
    "accessories": EntityKind.ACCESSORY,
}


@dataclass(frozen=True, slots=True)
class Tenant:
    """A customer's part of the catalogue; `caller` acts as that customer."""

    caller: Caller
    entity_kind: EntityKind
    gateway: Gateway

    @property
    def customer_id(self) -> UUID:
        """The customer whose catalogue it is."""
        return self.caller.customer_id


def tenant_with(scope: Scope) -> Callable[..., Awaitable[Tenant]]:
    """A FastAPI dependency: the catalogue of the path, for a caller who has `scope`."""

    async def tenant(
        caller: Annotated[Caller, Depends(requires(scope))],
        gateway: Annotated[Gateway, Depends(gateway_of)],
        plural: Annotated[str, Path(alias="kind", json_schema_extra={"enum": list(_KINDS)})],
        customer_id: Annotated[
            UUID | None, Query(description="whose catalogue; others than one's own for operators")
        ] = None,
    ) -> Tenant:
        entity_kind = _KINDS.get(plural)
        if entity_kind is None:
            raise NotFound(f"there is no catalogue of {plural[:50]!r}: {', '.join(_KINDS)} are")
        return Tenant(await _as_customer(gateway, caller, customer_id), entity_kind, gateway)

    return tenant


async def _as_customer(gateway: Gateway, caller: Caller, customer_id: UUID | None) -> Caller:
    if customer_id in (None, caller.customer_id):
        return caller
    if not caller.is_operator:
        raise ScopeMissing(
            f"the catalogue of customer {customer_id} needs the scope {Scope.OPERATE.value}",
            scope=Scope.OPERATE.value,
        )
    async with gateway.pool.connection() as connection:
        row = await (await connection.execute(_CUSTOMER, [customer_id])).fetchone()
    if row is None:
        raise NotFound(f"there is no customer {customer_id}")
    return replace(
        caller, customer_id=customer_id, plan=row["plan"], waiting_limit=row["waiting_limit"]
    )
