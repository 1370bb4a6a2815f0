import asyncio
from typing import Annotated, Any
from uuid import UUID

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request
from fastapi.responses import Response
from fastapi.routing import APIRoute

from gateway.app import create_app
from gateway.config import GatewaySettings
from gateway.direct_route import DirectRoute, is_direct

_ID = "0190b5a0-0000-7000-8000-000000000000"


async def _caller(request: Request) -> str:
    name = request.headers.get("x-name")
    if name is None:
        raise HTTPException(401, "who are you?")
    return name


def _application(route_class: type[APIRoute]) -> FastAPI:
    router = APIRouter(prefix="/things", route_class=route_class)

    @router.get("/{thing_id}/direct")
    async def direct(
        thing_id: UUID, request: Request, name: Annotated[str, Depends(_caller)]
    ) -> Response:
        return Response(f"{thing_id} {name} {request.method}", 202)

    @router.get("/{thing_id}/resolved")
    async def resolved(thing_id: UUID, name: Annotated[str, Depends(_caller)], n: int) -> Response:
        return Response(f"{thing_id} {name} {n}")

    @router.get("/{thing_id}/described")
    async def described(thing_id: UUID) -> dict[str, str]:
        return {"thing": str(thing_id)}

    app = FastAPI()
    app.router.routes.extend(router.routes)
    return app


def _get(app: FastAPI, path: str, headers: dict[str, str]) -> tuple[int, Any]:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            return await client.get(path, headers=headers)

    answer = asyncio.run(ask())
    return answer.status_code, answer.text


@pytest.mark.parametrize("name", [{}, {"x-name": "somebody"}], ids=["unknown", "known"])
@pytest.mark.parametrize(
    "path",
    [
        f"/things/{_ID}/direct",
        f"/things/{_ID.upper()}/direct",
        f"/things/{_ID.replace('-', '')}/direct",
        "/things/42/direct",
        "/things/0190b5a0-0000-7000-8000-00000000000g/direct",
        f"/things/{_ID}/resolved?n=3",
        f"/things/{_ID}/resolved?n=x",
        f"/things/{_ID}/described",
        f"/things/{_ID}/nothing",
    ],
)
def test_an_endpoint_that_is_called_directly_answers_as_by_fastapi(
    path: str, name: dict[str, str]
) -> None:
    assert _get(_application(DirectRoute), path, name) == _get(_application(APIRoute), path, name)


def test_what_an_endpoint_takes_beside_ids_and_the_request_is_left_to_fastapi() -> None:
    direct = [route.name for route in _application(DirectRoute).routes if is_direct(route)]

    assert direct == ["direct"]


def test_endpoints_that_are_called_directly_are_described_as_before() -> None:
    assert _application(DirectRoute).openapi() == _application(APIRoute).openapi()


def test_submissions_and_polls_are_called_directly() -> None:
    app = create_app(GatewaySettings())
    direct = {
        (method, route.path)
        for route in app.routes
        if is_direct(route)
        for method in route.methods or ()
    }

    assert {("POST", "/api/v1/tasks"), ("GET", "/api/v1/tasks/{task_id}/status")} <= direct
