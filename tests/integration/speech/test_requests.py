"""What callers may ask for, and what they are told when they may not."""

import re
from collections.abc import Callable
from typing import Any

import jsonschema_rs
import pytest

from tts_worker.actors import SynthesizeSpeechWorker
from tts_worker.workers.speaker import speaker
from warren.contracts.speech import SynthesizeSpeech
from warren.errors import RejectedInput
from warren.testing.worker import FakeContext


def perform(context: FakeContext, **fields: Any) -> Any:
    return SynthesizeSpeechWorker().perform(SynthesizeSpeech.model_validate(fields), context)


def test_the_text_may_be_an_uploaded_file() -> None:
    context = FakeContext()
    uploaded = context.given("book.txt", "Добрый день. Как дела?".encode())
    result = perform(context, artifact_id=uploaded, language="ru")
    assert result.voice == "espeak-ru"
    assert result.duration_seconds > 1
    assert context.percents == sorted(context.percents)


@pytest.mark.parametrize("output_format", ["wav", "mp3", "opus", "aac"])
@pytest.mark.parametrize("language", ["en", "de", "vi"])
def test_a_text_is_spoken_alike_whatever_was_spoken_before(
    language: str, output_format: str
) -> None:
    # A job that runs twice must store one file, and files are named by their content.
    job = {"language": language, "output_format": output_format}
    first = perform(FakeContext(), text="Satz 57 von 200. Number 12, xin chào!", **job)
    perform(FakeContext(), text="Something else in between.", **job)
    again = perform(FakeContext(), text="Satz 57 von 200. Number 12, xin chào!", **job)
    assert again.sha256 == first.sha256


@pytest.mark.parametrize(
    "content", ["Добрый день".encode("cp1251"), b"\x89PNG\r\n\x1a\n\xff", b"", b" \n\x00"]
)
def test_a_file_that_is_no_speakable_utf_8_is_refused(content: bytes) -> None:
    context = FakeContext()
    with pytest.raises(RejectedInput) as refusal:
        perform(context, artifact_id=context.given("file", content))
    assert refusal.value.field == "artifact_id"
    assert context.artifacts.saved == ()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"text": "😀🎉"}, "text"),
        ({"text": "\x01\x02"}, "text"),
        ({"text": "漢字", "language": "en"}, "text"),
        ({"text": "Hi", "voice_name": "nobody"}, "voice_name"),
        ({"text": "Hi", "voice_name": "heart", "language": "ru"}, "voice_name"),
        ({"text": "Hi", "language": "xx"}, "language"),
    ],
)
def test_what_cannot_be_spoken_is_refused_by_field(fields: dict[str, Any], field: str) -> None:
    context = FakeContext()
    with pytest.raises(RejectedInput) as refusal:
        perform(context, **fields)
    assert refusal.value.field == field
    assert context.artifacts.saved == ()
    assert context.events == ()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a" * 1000, id="one endless word"),
        pytest.param("9" * 300, id="a number without end"),
        pytest.param("① ② x² ½ Ⅳ", id="digits that are no decimals"),
        pytest.param("שלום hello مرحبا", id="directions mixed"),
        pytest.param("<speak><break time='9s'/>Hi</speak> [[h@loU]] &amp; [a](/b/)", id="markup"),
        pytest.param('{"voice": "x"}\\n\\', id="what could confuse the pipe"),
    ],
)
@pytest.mark.parametrize("voice", ["heart", "espeak-ru"])
def test_odd_texts_are_spoken(text: str, voice: str, say: Callable[..., Any]) -> None:
    assert say(text, voice_name=voice).seconds > 0.3


def test_the_announced_schema_knows_the_voices() -> None:
    validator = jsonschema_rs.validator_for(SynthesizeSpeechWorker.submission_schema())
    assert validator.is_valid({"text": "Hi", "voice_name": "heart"})
    assert validator.is_valid({"text": "Xin chào", "voice_name": "espeak-vi"})
    assert not validator.is_valid({"text": "Hi", "voice_name": "nobody"})


def test_the_announced_schema_knows_the_languages() -> None:
    schema = SynthesizeSpeechWorker.submission_schema()
    validator = jsonschema_rs.validator_for(schema)
    usual = re.compile(SynthesizeSpeech.submission_schema()["properties"]["language"]["pattern"])
    spoken = {tag for voice in speaker().voices() for tag in voice.languages if usual.search(tag)}
    assert {"en", "ru", "vi", "de"} <= spoken
    for language in (*spoken, "en-AU", "vi-VN", "zh-Hant-TW"):
        assert validator.is_valid({"text": "Hi", "language": language}), language
    assert not validator.is_valid({"text": "Hi", "language": "xx"})
