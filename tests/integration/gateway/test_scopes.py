"""Every route of the application needs a key with the right scope, or stands in a list here."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.routing import Route

import gateway.app
from gateway.app import create_app
from gateway.config import GatewaySettings
from gateway.customers.keys import Scope

pytestmark = pytest.mark.postgres

#: Without a key; of artifacts whoever has a signed link, anybody else with one.
OPEN = {
    ("GET", "/api"),
    ("GET", "/api/"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    ("GET", "/openapi.json"),
    ("GET", "/client/{name}"),
}
READ, WRITE, OPERATE, ADMIN = (
    Scope.TASKS_READ,
    Scope.TASKS_WRITE,
    Scope.OPERATE,
    Scope.ADMIN,
)
#: What is not the same for everybody who has tasks: for reading, and for changing.
RULES = {
    r"/api/v1/(queues|workers|providers|dead-letters|alerts|stats|health)(/.*)?": (
        {OPERATE},
        {OPERATE},
    ),
    r"/api/v1/subscriptions": ({OPERATE}, {OPERATE}),
    r"/api/v1/audit": ({OPERATE, ADMIN}, {OPERATE, ADMIN}),
    r"/api/v1/customers(/.*)?": ({ADMIN}, {ADMIN}),
    r"/api/v1/keys(/.*)?": ({READ, ADMIN}, {WRITE, ADMIN}),
}
NAMES = {"kind": "products", "name": "tts.default"}
UUID = "01936b2e-0000-7000-8000-000000000000"


def routes() -> Iterator[tuple[str, str]]:
    """Method and path of everything that the application serves."""
    included = [value for value in vars(gateway.app).values() if isinstance(value, APIRouter)]
    own = create_app(GatewaySettings()).routes
    for route in [*own, *(route for router in included for route in router.routes)]:
        if isinstance(route, APIRoute | Route):
            for method in sorted((route.methods or set()) - {"HEAD"}):
                yield method, route.path.replace(":path}", "}")


def scopes_for(method: str, path: str) -> set[Scope]:
    reading = method == "GET"
    for pattern, (read, change) in RULES.items():
        if re.fullmatch(pattern, path):
            return read if reading else change
    return {READ} if reading else {WRITE}


def _at(path: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: NAMES.get(found[1], UUID), path)


def test_the_walk_meets_all_that_the_documentation_lists() -> None:
    listed = {
        (method.upper(), path)
        for path, methods in create_app(GatewaySettings()).openapi()["paths"].items()
        for method in methods
    }
    assert listed - set(routes()) == set()
    assert OPEN - set(routes()) == set()
    assert len(listed) > 100


def test_without_a_key_only_what_is_listed_here_answers(gateway_url: str, database: Any) -> None:
    wrong = []
    with httpx.Client(base_url=gateway_url, trust_env=False) as stranger:
        for method, path in routes():
            status = stranger.request(method, _at(path)).status_code
            if (status != 401) != ((method, path) in OPEN):
                wrong.append((method, path, status))
    assert wrong == []


@pytest.mark.parametrize("scope", list(Scope))
def test_a_key_of_one_scope_gets_through_only_where_that_scope_is_asked_for(
    gateway_url: str, database: Any, connect: Callable[[str, str], httpx.Client], scope: Scope
) -> None:
    client = connect(gateway_url, database.key(scopes=[scope]))
    wrong = []
    for method, path in routes():
        if (method, path) in OPEN:
            continue
        answer = client.request(method, _at(path))
        # Some have shapes of their own for errors.
        refused = answer.status_code == 403 and "this needs the scope" in answer.text
        allowed = scope in scopes_for(method, path)
        if refused == allowed or answer.status_code in (401, 500):
            wrong.append((method, path, answer.status_code, answer.text[:200]))
    assert wrong == []
