"""What can be said in a payload: words and ids that fit each other, no paths and no addresses."""

from typing import Any

import pytest
from pydantic import ValidationError

from warren.contracts.images import RemoveBackground
from warren.contracts.payload_schema import PayloadSchema
from warren.worker.catalogue import load_service

#: Prompts are painted, whatever they say; a user's id is the caller's own affair.
_FREE = {"prompt", "negative_prompt", "user_id"}
_DEFINITIONS = load_service("image_worker").definitions()
_WORDS = [
    (kind.kind, kind.payload_schema, name)
    for kind in _DEFINITIONS
    for name, part in kind.payload_schema.get("properties", {}).items()
    if part.get("type") == "string" and name not in _FREE
]


def _errors(schema: dict[str, Any], name: str, value: str) -> list[str]:
    return [error.field for error in PayloadSchema(schema).errors({name: value}, "")]


@pytest.mark.parametrize(("kind", "schema", "name"), _WORDS, ids=[f"{k}-{n}" for k, _, n in _WORDS])
def test_no_word_of_a_payload_can_be_a_path_or_an_address(
    kind: str, schema: dict[str, Any], name: str
) -> None:
    for value in (
        "/etc/passwd",
        "../secret",
        "https://example.org/x",
        "file:///x",
        "C:\\x",
        "\x00",
    ):
        assert name in _errors(schema, name, value), (kind, value)


@pytest.mark.parametrize("kind", _DEFINITIONS, ids=lambda kind: kind.kind)
def test_a_payload_has_no_room_for_what_nobody_knows(kind: Any) -> None:
    errors = _errors(kind.payload_schema, "parameters", "x")

    assert "parameters" in errors


def test_a_prompt_says_something_and_has_no_control_characters() -> None:
    (schema,) = [kind.payload_schema for kind in _DEFINITIONS if kind.kind == "image.generate"]
    payload = PayloadSchema(schema)

    for prompt in ("", " \n", "a\x00b", "\x1b[31m", "\x7f"):
        (error,) = payload.errors({"prompt": prompt}, "")
        assert error.message in {
            "must not be empty",
            "must not be blank, nor have control characters",
        }
    assert payload.errors({"prompt": "замок\n\tу моря 🏰"}, "") == []
    (error,) = payload.errors({"prompt": "a", "negative_prompt": "\x07"}, "")
    assert error.message == "must not have control characters"


PICTURE, OTHER = ("01900000-0000-7000-8000-00000000000" + digit for digit in "12")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"background": "red", "background_image": OTHER},
            "must be left out where background_image is given",
        ),
        (
            {"output_format": "jpeg"},
            "give background or background_image; output_format jpeg needs it",
        ),
        ({"background": "reddish"}, "must be #rrggbb or the name of a CSS colour"),
        ({"background": "#12345"}, "must be #rrggbb or the name of a CSS colour"),
    ],
)
def test_a_background_that_cannot_be_made_is_refused_when_it_is_asked_for(
    given: dict[str, Any], message: str
) -> None:
    payload = PayloadSchema(RemoveBackground.submission_schema())

    (error,) = payload.errors({"image": PICTURE, **given}, "")

    assert (error.field, error.message) == ("background", message)


@pytest.mark.parametrize(
    "given",
    [
        {"background": "rebeccapurple", "output_format": "jpeg"},
        {"background_image": OTHER, "output_format": "jpeg"},
        {"background": "#00fFa0", "output_format": "webp"},
        {"output_format": "png"},
        {},
    ],
)
def test_a_background_that_can_be_made_is_taken(given: dict[str, Any]) -> None:
    payload = PayloadSchema(RemoveBackground.submission_schema())

    assert payload.errors({"image": PICTURE, **given}, "") == []


@pytest.mark.parametrize(
    "given", [{"background": "red", "background_image": OTHER}, {"output_format": "jpeg"}]
)
def test_a_job_in_python_is_held_to_the_same(given: dict[str, Any]) -> None:
    file = {"sha256": "0" * 64, "size": 1, "media_type": "image/png", "name": "a.png"}
    given = {name: {"id": v, **file} if v == OTHER else v for name, v in given.items()}

    with pytest.raises(ValidationError, match="background"):
        RemoveBackground.model_validate({"image": {"id": PICTURE, **file}, **given})
