"""Lists have one shape: `{items, next_cursor}`, 50 a page, at most 500."""

from collections.abc import Iterator
from typing import Any

import pytest

from gateway.app import create_app
from gateway.config import GatewaySettings

Json = dict[str, Any]
#: Answered whole: what the installation consists of.
WHOLE = {
    "/api/v1/alerts",
    "/api/v1/dead-letters/causes",
    "/api/v1/kinds",
    "/api/v1/providers",
    "/api/v1/queues",
    "/api/v1/subscriptions",
    "/api/v1/workers",
}


@pytest.fixture(scope="module")
def document() -> Json:
    return create_app(GatewaySettings()).openapi()


def _resolved(document: Json, value: Json) -> Json:
    while "$ref" in value:
        part: Any = document
        for step in value["$ref"].removeprefix("#/").split("/"):
            part = part[step]
        value = part
    return value


def _lists(document: Json) -> Iterator[tuple[str, dict[str, Json]]]:
    """Paths of lists, with the schemas of their parameters by name."""
    for path, operations in document["paths"].items():
        answer = _resolved(document, operations.get("get", {}).get("responses", {}).get("200", {}))
        content = answer.get("content", {}).get("application/json", {})
        shape = _resolved(document, content.get("schema", {}))
        if {"items", "next_cursor"} <= shape.get("properties", {}).keys():
            given = [_resolved(document, each) for each in operations["get"].get("parameters", [])]
            yield path, {parameter["name"]: parameter["schema"] for parameter in given}


def test_every_list_has_pages_of_50_and_of_500_at_most(document: Json) -> None:
    lists = dict(_lists(document))

    assert len(lists) > 20
    assert lists.keys() >= WHOLE
    for path in lists.keys() - WHOLE:
        limit = lists[path]["limit"]
        assert (limit["default"], limit["minimum"], limit["maximum"]) == (50, 1, 500), path
        assert "cursor" in lists[path], path
