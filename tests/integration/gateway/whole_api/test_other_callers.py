"""Every address of something that belongs to somebody: to others it is not there."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import psycopg
import pytest

from gateway.customers.administration import create_customer, create_key
from gateway.customers.keys import Scope
from tests.integration.gateway.whole_api.conftest import WholeApi
from tests.integration.gateway.whole_api.operations import Operation, operations

pytestmark = [pytest.mark.postgres, pytest.mark.rabbitmq]

_CUSTOMER = [Scope.TASKS_READ, Scope.TASKS_WRITE]
#: Whose names say whose they are: everybody has items of their own; and what is everybody's.
_OWN_NAMES = ("/api/v1/catalogue/", "/v1/models/")
_WITH_IDS = [
    operation
    for operation in operations()
    if "{" in operation.path and not operation.path.startswith(_OWN_NAMES)
]


def _key(database_url: str, scopes: list[Scope]) -> str:
    with psycopg.connect(database_url, autocommit=True) as connection:
        return str(create_key(connection, create_customer(connection, "b", "premium"), "b", scopes))


@pytest.fixture(scope="module")
def stranger(api: WholeApi, module_database_url: str) -> Iterator[httpx.Client]:
    key = _key(module_database_url, _CUSTOMER)
    with httpx.Client(
        base_url=api.url, headers={"X-API-Key": key}, trust_env=False, timeout=30
    ) as client:
        yield client


def _asked(client: httpx.Client, operation: Operation, path: str) -> httpx.Response:
    body: dict[str, Any] = {}
    if operation.body is not None:
        body = {"content": json.dumps(operation.body)}
    query = {"confirm": "true"} if operation.method == "DELETE" else {}
    return client.request(operation.method, path, params=query, **body)


@pytest.mark.parametrize("operation", _WITH_IDS, ids=lambda operation: operation.label)
def test_what_is_another_customers_is_not_there(
    api: WholeApi, stranger: httpx.Client, operation: Operation
) -> None:
    answer = _asked(stranger, operation, operation.path_with(api.known))

    for_customers = {"tasks:read", "tasks:write"} & operation.scopes
    assert answer.status_code == (404 if for_customers else 403), answer.text


def test_nobody_else_s_requests_have_changed_anything(
    api: WholeApi, stranger: httpx.Client, module_database_url: str
) -> None:
    # Given what stands in every table that customers' things are in
    def rows() -> list[Any]:
        with psycopg.connect(module_database_url, autocommit=True) as connection:
            return [
                connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall()  # noqa: S608
                for table in ("tasks", "artifacts", "books", "documents", "faqs", "schedules")
            ]

    before = rows()
    # When a stranger has tried each operation on them
    for operation in _WITH_IDS:
        _asked(stranger, operation, operation.path_with(api.known))
    # Then nothing is different
    assert rows() == before


def test_a_stranger_sees_nothing_in_any_list(api: WholeApi, stranger: httpx.Client) -> None:
    seen = {}
    for operation in operations():
        if operation.method == "GET" and "{" not in operation.path:
            answer = stranger.get(operation.path)
            if answer.status_code == 200 and operation.path not in _NOTHING_OF_OTHERS:
                seen[operation.label] = _entries(answer)

    assert len(seen) >= 8
    assert {label: items for label, items in seen.items() if items} == {}


def _entries(answer: httpx.Response) -> list[Any]:
    """The items of a list, or the rows of a table below its heading."""
    if answer.headers["content-type"].startswith("text/csv"):
        return answer.text.splitlines()[1:]
    items: list[Any] = answer.json()["items"]
    return items


#: Lists and answers that are the same for everybody.
_SAME_FOR_ALL = {
    "/healthz",
    "/readyz",
    "/api/",
    "/api/v1/kinds",
    "/api/v1/subscriptions",
    "/v1/models",
}
#: And the key that is asked with.
_NOTHING_OF_OTHERS = {*_SAME_FOR_ALL, "/api/v1/keys"}


def test_a_stranger_sees_only_the_key_that_it_asks_with(stranger: httpx.Client) -> None:
    (key,) = stranger.get("/api/v1/keys").json()["items"]

    assert stranger.headers["X-API-Key"].startswith(f"wk_{key['prefix']}")
