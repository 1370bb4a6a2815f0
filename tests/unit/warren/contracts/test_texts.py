"""Patterns of texts mean the same to the gateway's reader of schemas and to a worker's model."""

import sys

import pytest
from pydantic import BaseModel, Field, ValidationError, create_model

from warren.contracts.payload_schema import PayloadSchema
from warren.contracts.texts import NOT_BLANK, PLAIN_TEXT, PLAIN_WORDS

#: Characters of one plane; beyond them none is blank or a control character.
_CHARACTERS = [chr(n) for n in range(0x10000) if not 0xD800 <= n < 0xE000] + [chr(sys.maxunicode)]


@pytest.mark.parametrize("pattern", [NOT_BLANK, PLAIN_WORDS, PLAIN_TEXT])
def test_both_readers_take_the_same_characters(pattern: str) -> None:
    model: type[BaseModel] = create_model("Said", text=(str, Field(pattern=pattern)))
    schema = PayloadSchema(model.model_json_schema())

    differing = [
        hex(ord(character))
        for character in _CHARACTERS
        if bool(schema.errors({"text": character})) == _is_taken(model, character)
    ]

    assert differing == []


@pytest.mark.parametrize("blank", [" ", "\x85", "\xa0", "\u2028", "\u3000", "\ufeff"])
def test_what_nobody_sees_says_nothing(blank: str) -> None:
    model: type[BaseModel] = create_model("Said", text=(str, Field(pattern=PLAIN_WORDS)))

    assert not _is_taken(model, blank * 3)
    assert _is_taken(model, f"{blank}a{blank}")


def _is_taken(model: type[BaseModel], text: str) -> bool:
    try:
        model.model_validate({"text": text})
    except ValidationError:
        return False
    return True
