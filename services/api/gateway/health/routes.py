"""GET /healthz, /readyz, /api/v1/health and /metrics."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from gateway.authentication import Caller, requires
from gateway.composition import Gateway, gateway_of
from gateway.customers.keys import Scope
from gateway.health.overview import HealthOverview, HealthOverviews

router = APIRouter(tags=["health"])


@router.head("/healthz", include_in_schema=False)
@router.get("/healthz")
async def health() -> dict[str, str]:
    """The process lives and serves requests."""
    return {"status": "ok"}


@router.head("/readyz", include_in_schema=False)
@router.get("/readyz")
async def readiness(
    request: Request, gateway: Annotated[Gateway, Depends(gateway_of)]
) -> JSONResponse:
    """200 while tasks can be accepted, else 503; names what is missing either way.

    `database`: it answers, has the newest schema, and can be written. `broker`: it answers AMQP and
    takes messages; without it tasks are accepted all the same, and run later. Kinds whose workers
    lack something, such as an analyser, are named with what that is; their jobs run without it.
    """
    checks = await gateway.readiness.checks(request.app.state.broker)
    ready = not any(check.required and check.problem for check in checks)
    answer: dict[str, Any] = {
        "status": "ready" if ready else "unavailable",
        "missing": [check.name for check in checks if check.problem],
        "checks": {check.name: check.problem or "ok" for check in checks},
    }
    headers = {} if ready else {"Retry-After": "2"}
    return JSONResponse(answer, 200 if ready else 503, headers=headers)


@router.get(
    "/api/v1/health",
    response_model=HealthOverview,
    responses={503: {"model": HealthOverview, "description": "Nothing is accepted"}},
)
async def overview(
    request: Request,
    _: Annotated[Caller, Depends(requires(Scope.OPERATE))],
    gateway: Annotated[Gateway, Depends(gateway_of)],
) -> Response:
    """Every part with its latency, workers by service and lane, queues (operators only).

    Each part has 2 s to answer; an overview is shown for 5 s. What workers call over HTTP
    (`chatbot`, `search-index`, …) they ask themselves, every 15 s, or 5 s while it does not work.
    `degraded` (200) if a part does not work or nobody takes what waits, `unhealthy` (503) without a
    database.
    """
    overviews: HealthOverviews = request.app.state.health
    found = await overviews.overview(gateway, request.app.state.broker)
    status = 503 if found.status == "unhealthy" else 200
    return Response(found.model_dump_json(), status, media_type="application/json")


@router.get("/metrics", include_in_schema=False)
async def metrics(gateway: Annotated[Gateway, Depends(gateway_of)]) -> Response:
    """What this process counts, for Prometheus."""
    return Response(generate_latest(gateway.metrics), media_type=CONTENT_TYPE_LATEST)
