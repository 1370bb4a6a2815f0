"""WARREN_CORS_ORIGINS: pages on other origins, if and as far as they are named."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from gateway.config import GatewaySettings

pytestmark = pytest.mark.postgres

PAGE = "https://app.example.com"


def _preflight(client: httpx.Client, origin: str) -> httpx.Response:
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,idempotency-key,prefer",
    }
    return client.options("/api/v1/tasks", headers=asked)


def test_nobody_is_let_in_unless_named(client: httpx.Client) -> None:
    answer = client.get("/api/v1/tasks", headers={"Origin": PAGE})

    assert "access-control-allow-origin" not in answer.headers
    assert _preflight(client, PAGE).status_code == 405


def test_a_page_of_a_named_origin_may_use_the_api(
    settings: GatewaySettings,
    serve: Callable[[GatewaySettings], str],
    connect: Callable[[str, str], httpx.Client],
    database: Any,
) -> None:
    named = settings.model_copy(update={"cors_origins": f"{PAGE}, http://localhost:5173"})
    client = connect(serve(named), database.key())

    answer = client.get("/api/v1/tasks", headers={"Origin": PAGE})
    refused = client.get("/api/v1/tasks/x", headers={"Origin": PAGE})
    stranger = client.get("/api/v1/tasks", headers={"Origin": "https://evil.example.com"})

    assert _preflight(client, "http://localhost:5173").status_code == 200
    assert _preflight(client, "https://evil.example.com").status_code == 400
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert "ETag" in answer.headers["access-control-expose-headers"]
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (404, PAGE)
    assert "access-control-allow-origin" not in stranger.headers
    assert "access-control-allow-credentials" not in answer.headers
