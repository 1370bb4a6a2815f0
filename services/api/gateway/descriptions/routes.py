"""POST /api/v1/nlp/descriptions: the body is the payload of `nlp.extract_descriptions`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from gateway.authentication import Caller, requires
from gateway.awaiting.route import TaskRoute
from gateway.composition import Gateway, gateway_of
from gateway.customers.keys import Scope
from gateway.described_bodies import json_body
from gateway.json_body import read_json
from gateway.tasks.one_kind import ask_for
from gateway.tasks.schemas import TaskAccepted
from warren.contracts.descriptions import ExtractDescriptions

router = APIRouter(tags=["descriptions"], route_class=TaskRoute)


@router.post(
    "/api/v1/nlp/descriptions",
    status_code=202,
    response_model=TaskAccepted,
    openapi_extra=json_body(ExtractDescriptions.submission_schema()),
)
async def extract_descriptions(
    request: Request,
    caller: Annotated[Caller, Depends(requires(Scope.TASKS_WRITE))],
    gateway: Annotated[Gateway, Depends(gateway_of)],
) -> Response:
    """Find the descriptions in a text: 202 once the task is committed."""
    payload = await read_json(request, gateway.settings.max_body_bytes)
    return await ask_for(ExtractDescriptions, payload, request, caller, gateway)
