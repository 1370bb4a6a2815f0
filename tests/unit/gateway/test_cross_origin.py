"""Origins as an operator writes them."""

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from gateway.app import create_app
from gateway.config import GatewaySettings
from gateway.cross_origin import origins_in
from warren.errors import ConfigurationError


def test_origins_stand_between_commas() -> None:
    assert origins_in("") == []
    assert origins_in(" https://a.example, http://localhost:5173,") == [
        "https://a.example",
        "http://localhost:5173",
    ]
    assert origins_in("*") == ["*"]


def test_pages_may_use_every_method_that_a_path_has() -> None:
    app = create_app(GatewaySettings(cors_origins="https://a.example"))
    operations = app.openapi()["paths"].values()
    methods = {method.upper() for operation in operations for method in operation}

    async def allowed(method: str) -> int:
        asked = {"Origin": "https://a.example", "Access-Control-Request-Method": method}
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
            return (await client.options("/api/v1/tasks", headers=asked)).status_code

    assert {method: asyncio.run(allowed(method)) for method in methods} == dict.fromkeys(
        methods, 200
    )
    assert asyncio.run(allowed("TRACE")) == 400


def test_the_client_of_openai_may_send_what_it_always_sends() -> None:
    app = create_app(GatewaySettings(cors_origins="https://a.example"))
    asked = {
        "Origin": "https://a.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,x-stainless-arch,"
        "x-stainless-lang,x-stainless-os,x-stainless-package-version,x-stainless-retry-count,"
        "x-stainless-runtime,x-stainless-runtime-version,x-stainless-timeout",
    }

    async def answer() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
            return await client.options("/v1/audio/speech", headers=asked)

    assert asyncio.run(answer()).status_code == 200


def test_pages_are_told_of_failures_and_read_and_send_every_header_that_there_is() -> None:
    # Given a gateway that fails, as it was never started
    app = create_app(GatewaySettings(cors_origins="https://a.example"))
    page = {"Origin": "https://a.example"}
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-none"}

    async def answers() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
            preflight = await client.options("/api/v1/tasks", headers={**page, **asked})
            return [await client.get("/api/v1/tasks", headers=page), preflight]

    failure, preflight = asyncio.run(answers())

    assert failure.status_code == 500
    assert failure.json()["type"] == "urn:warren:problem:internal-error"
    assert failure.headers["access-control-allow-origin"] == "https://a.example"
    shown = set(failure.headers["access-control-expose-headers"].split(", "))
    components = app.openapi()["components"]
    assert shown >= components["headers"].keys() | {"Sunset", "Cache-Status"}
    taken = preflight.headers["access-control-allow-headers"].split(", ")
    assert set(taken) >= {p["name"] for p in _parameters(app.openapi()) if p["in"] == "header"}


def _parameters(document: Any) -> Iterator[dict[str, Any]]:
    """Wherever they stand."""
    if isinstance(document, dict):
        if {"name", "in"} <= document.keys():
            yield document
        for part in document.values():
            yield from _parameters(part)
    if isinstance(document, list):
        for part in document:
            yield from _parameters(part)


@pytest.mark.parametrize(
    "wrong", ["a.example", "https://a.example/", "ftp://a.example", "https://*.example", "null"]
)
def test_what_is_no_origin_ends_the_command(wrong: str) -> None:
    with pytest.raises(ConfigurationError, match="WARREN_CORS_ORIGINS"):
        create_app(GatewaySettings(cors_origins=f"https://a.example,{wrong}"))
