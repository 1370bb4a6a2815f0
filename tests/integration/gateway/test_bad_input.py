"""Bad input: a problem that names the field, and nothing left behind."""

import re
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

pytestmark = pytest.mark.postgres


def _fields(answer: httpx.Response) -> list[str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return [error["field"] for error in answer.json().get("errors", [])]


def test_no_list_fails_for_a_cursor_that_it_did_not_give_out(client: httpx.Client) -> None:
    described = client.get("/openapi.json").json()
    parameters = described["components"].get("parameters", {})

    def takes(operation: list[dict[str, Any]]) -> bool:
        given = [parameters.get(p.get("$ref", "").rpartition("/")[2], p) for p in operation]
        return any(parameter["name"] == "cursor" for parameter in given)

    lists = [
        re.sub(r"{\w+}", str(UUID(int=1)), path)
        for path, operations in described["paths"].items()
        if takes(operations.get("get", {}).get("parameters", []))
    ]
    assert len(lists) > 15
    for cursor in ("9" * 5000, urlsafe_b64encode(b"[%b]" % (b"9" * 5000)).decode(), "-1", "²"):
        for path in lists:
            answer = client.get(path, params={"cursor": cursor})
            # 404: there is no such thing of which it would be a list; 200: any text can be one's.
            assert answer.status_code in (200, 400, 404, 422), (path, cursor[:9], answer.text)


DEEP = b'{"kind":"tts.synthesize","payload":' + b'{"a":' * 100 + b"1" + b"}" * 100 + b"}"


@pytest.mark.parametrize(
    ("path", "body", "status", "field"),
    [
        ("tasks", b"{", 400, "body"),
        ("tasks", b"", 400, "body"),
        ("tasks", b"[]", 400, "body"),
        ("tasks", b"\xff\xfe", 400, "body"),
        ("speech", b'{"text": "caf\xe9"}', 400, "text"),
        ("speech", b'{"text": "a", "speed": NaN}', 400, "body"),
        ("speech", b'{"text": "a", "speed": 1e999}', 400, "body"),
        ("tasks", DEEP, 400, "body"),
        ("tasks", b"[" * 5000, 400, "body"),
        ("speech", b'{"text": "' + b"a" * 2_000_000 + b'"}', 413, "body"),
        ("speech", b'{"text": ""}', 422, "text"),
        ("speech", b'{"text": " \\n "}', 422, "text"),
        ("speech", b'{"text": "' + b"a" * 100_001 + b'"}', 422, "text"),
        ("speech", b'{"text": "a\\u0000b"}', 422, "text"),
        ("speech", b'{"text": "a\\ud800b"}', 422, "text"),
        ("speech", b'{"text": 7}', 422, "text"),
        ("speech", b"{}", 422, "text"),
        ("speech", b'{"text": "a", "output_format": "ogg"}', 422, "output_format"),
        ("speech", b'{"text": "a", "language": "English"}', 422, "language"),
        ("speech", b'{"text": "a", "speed": 9}', 422, "speed"),
        ("speech", b'{"text": "a", "voice": "x"}', 422, "voice"),
        ("speech", b'{"artifact_id": "7"}', 422, "artifact_id"),
        ("speech", b'{"artifact_id": "01900000-0000-7000-8000-000000000000"}', 404, "artifact_id"),
        ("tasks", b'{"payload": {}}', 422, "kind"),
        ("tasks", b'{"kind": "tts.synthesize"}', 422, "payload"),
        ("tasks", b'{"kind": "tts.synthesize", "payload": []}', 422, "payload"),
        ("tasks", b'{"kind": "tts.sing", "payload": {}}', 404, "kind"),
        ("tasks", b'{"kind": "tts.synthesize", "payload": {"text": ""}}', 422, "payload.text"),
    ],
)
def test_bad_input_is_refused_naming_the_field_and_leaves_nothing_behind(
    client: httpx.Client,
    database: Any,
    artifacts_folder: Path,
    path: str,
    body: bytes,
    status: int,
    field: str,
) -> None:
    # When the body is sent
    answer = client.post(f"/api/v1/{path}", content=body)
    # Then the answer says what is wrong and where
    assert answer.status_code == status, answer.text
    assert field in _fields(answer)
    # And neither a row nor a file exists
    assert [database.count(table) for table in ("tasks", "outbox", "artifacts")] == [
        0,
        0,
        0,
    ]
    assert not [file for file in artifacts_folder.rglob("*") if file.is_file()]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("unique_key", ""),
        ("webhook", {"url": "https://example.org"}),
        ("prioritty", 1),
        ("lane", "urgent"),
        ("lane", "probe"),
        ("run_at", "2030-01-01T00:00:00"),
        ("run_at", 1900000000),
        ("run_at", "2099-01-01T00:00:00Z"),
        ("delay_seconds", -1),
        ("delay_seconds", "5"),
        ("expires_at", "2020-01-01T00:00:00Z"),
        ("metadata", {"a": "b" * 5000}),
        ("metadata", []),
        ("tags", "a"),
        ("user_id", ""),
    ],
)
def test_a_bad_envelope_is_refused_naming_the_field(
    client: httpx.Client, database: Any, field: str, value: Any
) -> None:
    body = {"kind": "tts.synthesize", "payload": {"text": "a"}, field: value}
    answer = client.post("/api/v1/tasks", json=body)
    assert answer.status_code == 422
    assert _fields(answer) == [field]
    assert database.count("tasks") == 0
