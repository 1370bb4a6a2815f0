from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SENTENCES = (
    (Path(__file__).parents[2] / "fixtures/speech/english.txt").read_text("utf-8").splitlines()
)


@pytest.mark.parametrize("text", SENTENCES)
def test_english_is_heard_as_it_was_written(
    text: str,
    say: Callable[..., Any],
    hear: Callable[..., list[str]],
    word_error_rate: Callable[..., float],
) -> None:
    heard = hear(say(text))
    assert word_error_rate(text, heard) <= 0.2, heard


def test_a_text_of_several_sentences_is_heard_whole(
    say: Callable[..., Any],
    hear: Callable[..., list[str]],
    word_error_rate: Callable[..., float],
) -> None:
    text = " ".join(SENTENCES)
    heard = hear(say(text, output_format="mp3"))
    assert word_error_rate(text, heard) <= 0.2, heard


@pytest.mark.parametrize("speed", [0.5, 0.75, 1.5, 2.0])
def test_english_is_understood_at_other_speeds(
    speed: float,
    say: Callable[..., Any],
    hear: Callable[..., list[str]],
    word_error_rate: Callable[..., float],
) -> None:
    text = SENTENCES[1]
    heard = hear(say(text, speed=speed))
    assert word_error_rate(text, heard) <= 0.2, heard


def test_the_result_describes_the_file(say: Callable[..., Any]) -> None:
    recording = say(SENTENCES[0])
    result = recording.result
    assert (result.voice, result.provider) == ("heart", "hibari")
    assert (result.media_type, result.sample_rate) == ("audio/wav", recording.sample_rate)
    assert result.size_bytes == len(recording.content)
    assert result.duration_seconds == pytest.approx(recording.seconds, abs=0.001)
    assert result.processing_seconds > 0


def test_the_file_is_announced_as_an_event_of_the_customer(say: Callable[..., Any]) -> None:
    recording = say(SENTENCES[0])
    (event,) = recording.context.events
    assert event.type == "speech.synthesized.v1"
    assert event.data["task_id"] == str(recording.context.task_id)
    assert event.data["customer_id"] == str(recording.context.customer_id)
    assert event.data["artifact"]["sha256"] == recording.result.sha256


def test_a_second_run_makes_the_same_file(say: Callable[..., Any]) -> None:
    assert say(SENTENCES[0]).result.sha256 == say(SENTENCES[0]).result.sha256
