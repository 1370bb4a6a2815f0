"""What cannot be accepted is refused with the field's name, and leaves nothing behind."""

from typing import Any

import psycopg
import pytest

from gateway.customers.system import SYSTEM_CUSTOMER
from tests.e2e.client import Client
from warren.stack.stack import Stack

pytestmark = [pytest.mark.rabbitmq, pytest.mark.postgres]

BAD_PAYLOADS: dict[str, tuple[dict[str, Any], str]] = {
    "empty text": ({"text": ""}, "text"),
    "only blanks": ({"text": "  \n "}, "text"),
    "over-long text": ({"text": "a" * 100_001}, "text"),
    "unknown voice": ({"text": "Hello.", "voice_name": "nobody"}, "voice_name"),
    "unsupported format": ({"text": "Hello.", "output_format": "midi"}, "output_format"),
    "misspelt field": ({"text": "Hello.", "voice_nam": "heart"}, "voice_nam"),
    "no text at all": ({}, "text"),
}


def _rows(stack: Stack) -> tuple[int, ...]:
    with psycopg.connect(stack.descriptor.database_url) as connection:
        # What the system's own schedules bring about every minute does not count.
        query = (
            "SELECT (SELECT count(*) FROM tasks WHERE customer_id <> %(system)s),"
            " (SELECT count(*) FROM outbox WHERE customer_id <> %(system)s),"
            " (SELECT count(*) FROM artifacts)"
        )
        return tuple(connection.execute(query, {"system": SYSTEM_CUSTOMER}).fetchone() or ())


@pytest.mark.parametrize(("payload", "field"), BAD_PAYLOADS.values(), ids=BAD_PAYLOADS.keys())
def test_a_bad_payload_is_refused_with_its_field_named(
    stack: Stack, client: Client, payload: dict[str, Any], field: str
) -> None:
    before = _rows(stack)

    answer = client.http.post("/api/v1/speech", json=payload)

    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert field in str(answer.json()["errors"])
    assert _rows(stack) == before


@pytest.mark.parametrize(
    ("body", "status"),
    [(b'{"text": "cut off', 400), (b'{"text": "\xff\xfe"}', 400), (b"[]", 422)],
    ids=["malformed JSON", "not UTF-8", "not an object"],
)
def test_a_body_that_is_no_json_object_is_refused(
    stack: Stack, client: Client, body: bytes, status: int
) -> None:
    before = _rows(stack)

    answer = client.http.post(
        "/api/v1/speech", content=body, headers={"Content-Type": "application/json"}
    )

    assert answer.status_code in {400, status}, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert _rows(stack) == before


@pytest.mark.parametrize("key", ["", "Bearer", "Bearer wk_nobody_nothing"])
def test_without_a_valid_key_nothing_is_accepted(client: Client, key: str) -> None:
    answer = client.http.post(
        "/api/v1/speech", json={"text": "Hello."}, headers={"Authorization": key}
    )

    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"


def test_an_unknown_kind_is_refused(client: Client) -> None:
    answer = client.http.post("/api/v1/tasks", json={"kind": "tts.sing", "payload": {}})

    assert answer.status_code == 404
    assert "tts.sing" in answer.json()["detail"]
