"""What callers are told about a payload that does not fit."""

from typing import Any

import pytest

from warren.contracts.descriptions import ExtractDescriptions
from warren.contracts.payload_schema import PayloadSchema, Spill
from warren.contracts.speech import SynthesizeSpeech

SPEECH = PayloadSchema(SynthesizeSpeech.submission_schema())
SHAPES = PayloadSchema(
    {
        "type": "object",
        "properties": {
            "n": {"type": "integer", "minimum": 1, "exclusiveMaximum": 9},
            "items": {"type": "array", "maxItems": 2, "items": {"type": "string"}},
            "box": {"type": "object", "properties": {"w": {"type": "number"}}, "required": ["w"]},
            "files": {"type": "array", "items": {"type": "string", "x-warren-artifact": True}},
        },
        "required": ["n"],
    }
)


def _told(schema: PayloadSchema, payload: dict[str, Any]) -> dict[str, str]:
    return {error.field: error.message for error in schema.errors(payload)}


def test_a_valid_payload_has_no_errors() -> None:
    assert SPEECH.errors({"text": "Hello", "speed": 1.5}) == []


@pytest.mark.parametrize(
    ("payload", "field", "message"),
    [
        ({}, "payload.text", "give text or artifact_id"),
        (
            {"text": "a", "artifact_id": "01900000-0000-7000-8000-000000000000"},
            "payload.text",
            "give text or artifact_id, but only one of them",
        ),
        ({"text": ""}, "payload.text", "must not be empty"),
        ({"text": " \n"}, "payload.text", "must not be blank"),
        ({"text": "a" * 100_001}, "payload.text", "must have at most 100000 characters"),
        ({"text": 3}, "payload.text", "must be a text"),
        ({"text": "a", "output_format": "x"}, "payload.output_format", "must be one of wav, mp3"),
        ({"text": "a", "speed": 9}, "payload.speed", "must be at most 4.0"),
        ({"text": "a", "outputformat": "x"}, "payload.outputformat", "did you mean output_format?"),
        ({"artifact_id": "x"}, "payload.artifact_id", "must be a valid uuid"),
    ],
)
def test_a_mistake_is_explained_in_words(payload: dict[str, Any], field: str, message: str) -> None:
    assert message in _told(SPEECH, payload)[field]


def test_fields_within_lists_and_objects_have_paths() -> None:
    told = _told(SHAPES, {"n": 0, "items": ["a", 2, "c"], "box": {}})
    assert told == {
        "payload.n": "must be at least 1",
        "payload.items": "must have at most 2 items",
        "payload.items[1]": "must be a text",
        "payload.box.w": "is required",
    }


def test_the_path_of_the_payload_can_be_another() -> None:
    assert [error.field for error in SPEECH.errors({}, "")] == ["text"]


def test_marked_properties_are_found() -> None:
    assert SPEECH.artifact_fields == {"artifact_id"}
    assert SPEECH.spills == (Spill("text", "artifact_id"),)
    assert SHAPES.artifact_lists == {"files"}


def test_what_is_no_schema_is_refused() -> None:
    with pytest.raises(ValueError, match="nonsense"):
        PayloadSchema({"type": "nonsense"})


def test_parts_that_are_true_or_false_are_parts_without_a_meaning_of_ours() -> None:
    schema = PayloadSchema({"properties": {"a": True, "b": False, "c": {"items": True}}})
    assert _told(schema, {"a": 1, "c": [2]}) == {}
    assert list(_told(schema, {"b": 1})) == ["payload.b"]


def test_words_in_any_case_are_named_and_their_pattern_is_not() -> None:
    mode = PayloadSchema(ExtractDescriptions.submission_schema())

    assert _told(mode, {"text": "a", "mode": "ensemBle"}) == {}
    assert _told(mode, {"text": "a", "mode": "ALL"}) == {
        "payload.mode": "must be one of SINGLE, PARALLEL, SEQUENTIAL, ENSEMBLE, ADAPTIVE"
    }
