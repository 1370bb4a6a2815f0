"""How limits are written down."""

import pytest

from warren.contracts.limits import Rate, fill_template, template_fields


@pytest.mark.parametrize(
    ("text", "burst", "rate"),
    [
        ("10/s", None, Rate(10, 10)),
        ("10/s", 3, Rate(10, 3)),
        ("0.5/s", None, Rate(0.5, 1)),
        ("90/min", None, Rate(1.5, 2)),
        ("3600/h", 5, Rate(1, 5)),
    ],
)
def test_a_rate_is_read(text: str, burst: int | None, rate: Rate) -> None:
    assert Rate.parse(text, burst) == rate


@pytest.mark.parametrize("text", ["", "10", "10/day", "-1/s", "0/s", "10 / s", "ten/s"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write it like 10/s"):
        Rate.parse(text)


def test_a_template_is_filled_from_caller_and_payload() -> None:
    template = "{customer_id}/{payload.voice}-{user_id}"

    assert template_fields(template) == ["customer_id", "payload.voice", "user_id"]
    assert fill_template(template, {"customer_id": "c"}, {"voice": 7}) == "c/7-"


@pytest.mark.parametrize("template", ["{}", "{name}", "{payload.}", "{payload.a.b}", "{user_id!r}"])
def test_unknown_fields_are_refused(template: str) -> None:
    with pytest.raises(ValueError, match=r"use \{customer_id\}"):
        template_fields(template)
