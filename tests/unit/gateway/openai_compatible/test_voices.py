"""Who speaks for OpenAI's voices."""

from typing import Any, get_args

import pytest
from openai.types.audio import speech_create_params

from gateway.openai_compatible.voices import VOICES, chosen_voice
from gateway.problems import InvalidFields

SCHEMA: dict[str, Any] = {
    "properties": {"voice_name": {"enum": ["heart", "espeak-de", "espeak-ru"]}}
}


def test_every_voice_that_the_client_knows_speaks_here() -> None:
    known = next(
        names for part in get_args(speech_create_params.Voice) if (names := get_args(part))
    )
    assert set(known) <= VOICES.keys()


def test_english_is_spoken_by_the_voice_that_the_table_names() -> None:
    assert chosen_voice("alloy", "Good morning.", SCHEMA) == {"voice_name": "heart"}


def test_where_that_voice_is_not_installed_english_has_another_one() -> None:
    schema = {"properties": {"voice_name": {"enum": ["espeak-en-us"]}}}
    assert chosen_voice("alloy", "Good morning.", schema) == {"language": "en"}


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Доброе утро, Warren!", "ru"),
        ("Mỗi buổi sáng, người đưa thư mang báo.", "vi"),
        ("Καλημέρα", "el"),
        ("안녕하세요", "ko"),
        ("東京タワーに行きました", "ja"),
        ("今天天气很好", "cmn"),
        ("मैं घर जा रहा हूँ", "hi"),
    ],
)
def test_a_text_in_other_letters_is_spoken_in_its_language(text: str, language: str) -> None:
    assert chosen_voice("nova", text, SCHEMA) == {"language": language}


@pytest.mark.parametrize("text", ["Café déjà vu", "🙂", "", "ß \ud7ff 123"])
def test_whatever_else_is_written_is_taken_to_be_english(text: str) -> None:
    assert chosen_voice("nova", text, SCHEMA) == {"voice_name": "heart"}


def test_a_voice_of_warrens_own_is_taken_whatever_the_text() -> None:
    assert chosen_voice("espeak-de", "Доброе утро", SCHEMA) == {"voice_name": "espeak-de"}


def test_a_voice_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(InvalidFields) as refused:
        chosen_voice("morgan", "Good morning.", SCHEMA)
    (error,) = refused.value.errors
    assert error.field == "voice"
    assert "'morgan' is none of alloy, ash" in error.message
