"""GET …/search: questions to the index, of the caller's catalogue only."""

import math
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import ValidationError

from gateway.catalogue.reading import floor_of
from gateway.catalogue.sealing import sealed_api_key
from gateway.catalogue.tenant import Tenant, tenant_with
from gateway.customers.keys import Scope
from gateway.problems import FieldError, InvalidFields
from warren.contracts.search import (
    MAX_OFFSET,
    MAX_PAGE,
    MAX_QUESTION,
    SearchMode,
    SearchPage,
    SearchRequest,
)

router = APIRouter(prefix="/api/v1/catalogue", tags=["catalogue"])

Reader = Annotated[Tenant, Depends(tenant_with(Scope.TASKS_READ))]
_ATTRIBUTE = "attributes."
_ATTRIBUTES = {
    "name": "attributes.<name>",
    "in": "query",
    "required": False,
    "schema": {"type": "string"},
    "description": "a value that the attribute of this name must have; several: any of them",
}


@router.get("/{kind}/search", openapi_extra={"parameters": [_ATTRIBUTES]})
async def search_items(
    request: Request,
    tenant: Reader,
    q: Annotated[str, Query(max_length=MAX_QUESTION)] = "",
    mode: SearchMode = SearchMode.TEXT,
    category: Annotated[list[str] | None, Query()] = None,
    currency: Annotated[list[str] | None, Query()] = None,
    price_from: float | None = None,
    price_to: float | None = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 20,
    offset: Annotated[int, Query(ge=0, le=MAX_OFFSET)] = 0,
) -> SearchPage:
    """What is found by words (`text`), by meaning (`semantic`), or both (`hybrid`).

    Without `q` all that the filters leave, newest first. 503 while the index is away.
    """
    filters = {
        "category": category or [],
        "currency": currency or [],
        "price_from": price_from,
        "price_to": price_to,
        "attributes": _attributes(request),
    }
    try:
        question = SearchRequest.model_validate(
            {
                "customer_id": tenant.customer_id,
                "floor": await floor_of(tenant),
                "q": q,
                "mode": mode,
                "filters": filters,
                "limit": limit,
                "offset": offset,
                "api_key": sealed_api_key(request, tenant.customer_id),
            }
        )
    except ValidationError as error:
        raise InvalidFields([_named(item) for item in error.errors()]) from error
    return await tenant.gateway.search.ask(tenant.entity_kind, question)


def _attributes(request: Request) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for name, value in request.query_params.multi_items():
        if name.startswith(_ATTRIBUTE):
            found.setdefault(name.removeprefix(_ATTRIBUTE), []).extend(_values(value))
    return found


def _values(text: str) -> list[Any]:
    """As an item may have it: a query has only texts, and `007` may be a number or a text."""
    if text in ("true", "false"):
        return [text == "true"]
    number = _number(text)
    if number is None:
        return [text]
    return [number] if str(number) == text else [text, number]


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    if not math.isfinite(number):
        return None
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def _named(item: Any) -> FieldError:
    path = [str(step) for step in item["loc"] if step != "filters"]
    return FieldError(".".join(path[:2])[:200] or "filters", item["msg"])
