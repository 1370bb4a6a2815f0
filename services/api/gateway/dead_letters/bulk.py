"""Replaying and discarding dead letters by a filter: each is a task, run by the housekeeper."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from gateway.authentication import Caller, requires
from gateway.composition import Gateway, gateway_of
from gateway.customers.keys import Scope
from gateway.described_bodies import json_body
from gateway.housekeeping.jobs import DiscardDeadLetters, ReplayDeadLetters
from gateway.idempotency.route import OnceRoute, made_id
from gateway.json_body import read_json
from gateway.tasks.envelope import Envelope
from gateway.tasks.routes import accepted_response
from gateway.tasks.schemas import TaskAccepted
from warren.contracts.job import Job

router = APIRouter(prefix="/api/v1/dead-letters", tags=["dead letters"], route_class=OnceRoute)

Operator = Annotated[Caller, Depends(requires(Scope.OPERATE))]
App = Annotated[Gateway, Depends(gateway_of)]


@router.post(
    "/replay",
    status_code=202,
    response_model=TaskAccepted,
    openapi_extra=json_body(ReplayDeadLetters.submission_schema()),
)
async def replay_by_filter(request: Request, operator: Operator, gateway: App) -> Response:
    """Replay all open dead letters of `filter`, which must not be empty: 202 with the task.

    But for those of erasures of customers, which administrators replay one by one.
    """
    return await _submit(ReplayDeadLetters, request, operator, gateway)


@router.post(
    "/discard",
    status_code=202,
    response_model=TaskAccepted,
    openapi_extra=json_body(DiscardDeadLetters.submission_schema()),
)
async def discard_by_filter(request: Request, operator: Operator, gateway: App) -> Response:
    """Discard all open dead letters of `filter`, which must not be empty, giving a `reason`."""
    return await _submit(DiscardDeadLetters, request, operator, gateway)


async def _submit(job: type[Job], request: Request, operator: Caller, gateway: Gateway) -> Response:
    payload = await read_json(request, gateway.settings.max_body_bytes)
    accepted = await gateway.submissions.submit(
        operator,
        Envelope(kind=job.kind, payload=payload),
        request.headers.get("traceparent"),
        task_id=made_id(request),
        payload_path="",
    )
    return accepted_response(job.kind, accepted)
