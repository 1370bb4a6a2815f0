"""GET /api/v1/kinds."""

from typing import Annotated

from fastapi import APIRouter, Depends

from gateway.authentication import Caller, requires
from gateway.composition import Gateway, gateway_of
from gateway.customers.keys import Scope
from gateway.kinds.schemas import KindList, KindView

router = APIRouter(tags=["kinds"])


@router.get("/api/v1/kinds")
async def list_kinds(
    caller: Annotated[Caller, Depends(requires(Scope.TASKS_READ))],
    gateway: Annotated[Gateway, Depends(gateway_of)],
) -> KindList:
    """The kinds of jobs that can be submitted, with the JSON Schema of their payloads."""
    kinds = await gateway.catalogue.visible_to(caller)
    return KindList(items=[KindView.of(kind) for kind in kinds])
