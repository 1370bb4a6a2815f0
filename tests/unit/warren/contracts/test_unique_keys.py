"""The key by which only one task lives at a time."""

from warren.contracts.kinds import KindDefinition
from warren.contracts.unique_keys import unique_key_of

CALLER = {"customer_id": "c1", "user_id": "u1"}


def key_of(template: str | None, **payload: object) -> str | None:
    definition = KindDefinition(
        kind="demo.job", version=1, service="demo", payload_schema={}, unique=template
    )
    return unique_key_of(definition, CALLER, payload)


def test_a_key_is_made_of_caller_and_payload() -> None:
    assert key_of(None, a=1) is None
    assert key_of("{user_id}:{payload.a}", a=1) == "u1:1"


def test_a_kind_as_a_whole_has_a_key_that_nobody_can_give() -> None:
    assert key_of("") == "*"


def test_a_long_key_is_as_long_as_a_key_may_be() -> None:
    long, other = key_of("{payload.a}", a="x" * 201), key_of("{payload.a}", a="x" * 202)

    assert long is not None
    assert len(long) == 64
    assert long != other
