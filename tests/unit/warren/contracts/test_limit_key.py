"""The limits of a task as one text."""

import pytest

from warren.contracts.kinds import KindDefinition
from warren.contracts.limit_key import LimitKey, kind_of, limit_key_of

CALLER = {"customer_id": "c1", "user_id": None}


def _definition(**limits: object) -> KindDefinition:
    return KindDefinition.model_validate(
        {"kind": "test.echo", "version": 1, "service": "test", "payload_schema": {}, **limits}
    )


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({}, LimitKey()),
        ({"rate_limit": "10/s"}, LimitKey(bucket="test.echo:")),
        ({"rate_limit": "10/s", "rate_group": "chatbot"}, LimitKey(bucket="chatbot:")),
        (
            {"rate_limit": "10/s", "limit_key": "{customer_id}"},
            LimitKey(bucket="test.echo:c1"),
        ),
        ({"concurrency_key": "{payload.document}"}, LimitKey(group="test.echo:d:1")),
        (
            {"rate_limit": "1/h", "concurrency_key": "{user_id}"},
            LimitKey("test.echo:", "test.echo:"),
        ),
    ],
)
def test_a_task_has_the_keys_its_kind_says(limits: dict[str, object], expected: LimitKey) -> None:
    key = limit_key_of(_definition(**limits), CALLER, {"document": "d:1"})

    assert key == expected
    assert LimitKey.parse(str(key)) == key
    payer = limits.get("rate_group", "test.echo")
    assert kind_of(key.bucket or key.group or "test.echo") == payer


@pytest.mark.parametrize("value", ["x" * 500, "a\x1fb", "a\x00b", "a\ud800b"])
def test_unwieldy_keys_are_hashed(value: str) -> None:
    key = limit_key_of(_definition(concurrency_key="{payload.x}"), CALLER, {"x": value})

    assert len(key.group) == len("test.echo:") + 64
    assert LimitKey.parse(str(key)) == key
