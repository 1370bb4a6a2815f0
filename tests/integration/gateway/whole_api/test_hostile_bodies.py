"""Bodies that are meant to do harm, sent to every operation that takes JSON."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.integration.gateway.whole_api.conftest import WholeApi
from tests.integration.gateway.whole_api.operations import Operation, operations

pytestmark = [pytest.mark.postgres, pytest.mark.rabbitmq]

_TAKING_JSON = [operation for operation in operations() if operation.body is not None]


def _deep(operation: Operation) -> bytes:
    return b'{"' + _field(operation) + b'":' + b"[" * 10_000 + b"]" * 10_000 + b"}"


def _deep_objects(_: Operation) -> bytes:
    return b'{"a":' * 10_000 + b"1" + b"}" * 10_000


def _twice(operation: Operation) -> bytes:
    body = json.dumps(operation.body)
    return f'{{"{_field(operation).decode()}": null, {body[1:]}'.encode()


def _not_utf8(operation: Operation) -> bytes:
    return b'{"' + _field(operation) + b'": "\xff\xfe"}'


def _form(_: Operation) -> bytes:
    return b"kind=tts.synthesize&payload=%7B%7D"


def _xml(_: Operation) -> bytes:
    return b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'


def _kind(operation: Operation) -> str:
    ours = not operation.path.startswith("/v1/")
    return "application/problem+json" if ours else "application/json"


def _names_a_field(told: dict[str, Any]) -> bool:
    return bool(told.get("errors") or told.get("error", {}).get("param"))


def _field(operation: Operation) -> bytes:
    first = next(iter(operation.body))
    return str(first).encode()


@pytest.mark.parametrize(
    ("hostile", "content_type"),
    [
        (_deep, "application/json"),
        (_deep_objects, "application/json"),
        (_twice, "application/json"),
        (_not_utf8, "application/json"),
        (_form, "application/x-www-form-urlencoded"),
        (_xml, "application/xml"),
    ],
)
def test_every_operation_refuses_it(
    api: WholeApi, hostile: Callable[[Operation], bytes], content_type: str
) -> None:
    headers = {"X-API-Key": api.key, "Content-Type": content_type}
    wrong = []
    with httpx.Client(base_url=api.url, headers=headers, trust_env=False, timeout=30) as client:
        for operation in _TAKING_JSON:
            answer = client.request(
                operation.method, operation.path_with(api.known), content=hostile(operation)
            )
            kind = answer.headers.get("content-type")
            if answer.status_code not in (400, 422) or kind != _kind(operation):
                wrong.append(f"{operation.label}: {answer.status_code} {answer.text[:200]}")
            elif not _names_a_field(answer.json()):
                wrong.append(f"{operation.label} names no field: {answer.text[:200]}")

    assert wrong == []


def test_a_file_with_a_hostile_name_lands_under_a_harmless_one(api: WholeApi) -> None:
    headers = {"X-API-Key": api.key}
    with httpx.Client(base_url=api.url, headers=headers, trust_env=False, timeout=30) as client:
        for name in ("../../../etc/passwd", "..\\..\\boot.ini", "a\r\nSet-Cookie: b", "\x1b[2J"):
            answer = client.post("/api/v1/artifacts", params={"name": name}, content=b"a file")
            assert answer.status_code == 201, answer.text
            kept = answer.json()["name"]
            shown = client.get(answer.json()["url"]).headers["content-disposition"]
            assert "/" not in kept
            assert "\\" not in kept
            assert kept.isprintable()
            assert shown.isprintable()
