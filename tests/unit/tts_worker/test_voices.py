import re

import pytest

from tts_worker.errors import LanguageNotSupported, VoiceDoesNotFitLanguage, VoiceNotFound
from tts_worker.ports import Voice
from tts_worker.voices import choose_voice, language_pattern
from warren.errors import RejectedInput

HEART = Voice("heart", ("en-us", "en"), "neural", rank=0, key="heart")
BRITISH = Voice("robot-en", ("en-gb", "en"), "robot", rank=2, key="en")
RUSSIAN = Voice("robot-ru", ("ru",), "robot", rank=5, key="ru")
LATVIAN_RUSSIAN = Voice("robot-ru-lv", ("ru-lv", "ru"), "robot", rank=5, key="ru-lv")
MANDARIN = Voice("robot-cmn", ("cmn", "zh-cmn", "zh"), "robot", rank=5, key="cmn")
VOICES = [HEART, LATVIAN_RUSSIAN, RUSSIAN, BRITISH, MANDARIN]


@pytest.mark.parametrize(
    ("language", "voice"),
    [
        (None, HEART),
        ("en", HEART),
        ("en-US", HEART),
        ("en-GB", HEART),
        ("en-AU", HEART),
        ("ru", RUSSIAN),
        ("ru-RU", RUSSIAN),
        ("ru-LV", LATVIAN_RUSSIAN),
        ("zh-Hant-TW", MANDARIN),
    ],
)
def test_a_language_finds_its_best_voice(language: str | None, voice: Voice) -> None:
    assert choose_voice(VOICES, None, language) == voice


@pytest.mark.parametrize("language", ["en", "en-AU", "ru-RU", "ru-LV", "cmn", "zh-Hant-TW"])
def test_the_announced_pattern_takes_what_some_voice_speaks(language: str) -> None:
    assert re.search(language_pattern(VOICES), language)


@pytest.mark.parametrize("language", ["xx", "e", "eng", "xx-en", "ru_RU", "EN", ""])
def test_the_announced_pattern_takes_nothing_else(language: str) -> None:
    assert not re.search(language_pattern(VOICES), language)


def test_a_voice_is_found_by_its_name() -> None:
    assert choose_voice(VOICES, "robot-ru", None) == RUSSIAN
    assert choose_voice(VOICES, "robot-ru", "ru-RU") == RUSSIAN
    assert choose_voice(VOICES, "robot-en", "en-US") == BRITISH


@pytest.mark.parametrize(
    ("name", "language", "error", "field"),
    [
        ("nobody", None, VoiceNotFound, "voice_name"),
        ("heart", "ru", VoiceDoesNotFitLanguage, "voice_name"),
        ("robot-cmn", "de", VoiceDoesNotFitLanguage, "voice_name"),
        (None, "xx", LanguageNotSupported, "language"),
    ],
)
def test_what_does_not_fit_is_refused_by_field(
    name: str | None, language: str | None, error: type[RejectedInput], field: str
) -> None:
    with pytest.raises(error) as refusal:
        choose_voice(VOICES, name, language)
    assert refusal.value.field == field
