from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tts_worker.adapters.espeak_voices import espeak_voices
from tts_worker.workers.speaker import speaker
from warren.contracts.speech import AudioFormat

ENGLISH = "The weather is fine today, and we are going for a walk in the park. Will you come?"
RUSSIAN = "Сегодня хорошая погода, и мы идём гулять в парк. Пойдёте с нами?"
VIETNAMESE = "Hôm nay trời đẹp và chúng tôi đi dạo trong công viên. Bạn có đi cùng không?"
LANGUAGES = [
    pytest.param("en", ENGLISH, id="English"),
    pytest.param("ru", RUSSIAN, id="Russian"),
    pytest.param("vi", VIETNAMESE, id="Vietnamese"),
    pytest.param("fr", "Bonjour, je m'appelle Claire et j'habite à Paris.", id="French"),
    pytest.param("de", "Guten Morgen, wie geht es Ihnen heute?", id="German"),
]


@pytest.mark.parametrize(("language", "text"), LANGUAGES)
def test_speech_has_a_plausible_length_and_loudness(
    language: str, text: str, say: Callable[..., Any]
) -> None:
    recording = say(text, language=language)
    assert 8 < len(text) / recording.seconds < 30  # characters a second
    assert recording.loudness == pytest.approx(-18, abs=2)
    assert recording.peak < 1


@pytest.mark.parametrize(("language", "text"), LANGUAGES[:3])
@pytest.mark.parametrize("speed", [0.25, 0.5, 2.0, 4.0])
def test_speed_divides_the_duration(
    language: str, text: str, speed: float, say: Callable[..., Any]
) -> None:
    usual, changed = say(text, language=language), say(text, language=language, speed=speed)
    assert changed.seconds == pytest.approx(usual.seconds / speed, rel=0.2)
    assert changed.loudness == pytest.approx(-18, abs=2)
    assert changed.peak < 1


@pytest.mark.parametrize(("language", "text"), LANGUAGES[:2])
@pytest.mark.parametrize("output_format", list(AudioFormat))
def test_every_format_has_its_length_at_every_speed(
    output_format: AudioFormat, language: str, text: str, say: Callable[..., Any]
) -> None:
    usual = say(text, language=language)
    for speed in (0.25, 4.0):
        changed = say(text, language=language, output_format=output_format, speed=speed)
        told = changed.result.duration_seconds
        assert told == pytest.approx(usual.seconds / speed, rel=0.2)
        assert changed.seconds == pytest.approx(told, abs=0.1)  # ADTS has padding at both ends
        assert changed.peak < 1
        (file,) = changed.context.artifacts.saved
        assert file.name == f"tts_{changed.context.task_id}.{output_format.value}"
        assert file.media_type == changed.result.media_type == output_format.media_type


@pytest.mark.parametrize(
    ("output_format", "times_smaller"),
    [("mp3", 5), ("aac", 5), ("opus", 9), ("flac", 1.5), ("pcm", 0.9)],
)
def test_files_are_as_small_as_their_format_makes_them(
    output_format: str, times_smaller: float, say: Callable[..., Any]
) -> None:
    wav, other = say(ENGLISH), say(ENGLISH, output_format=output_format)
    assert len(other.content) < len(wav.content) / times_smaller


@pytest.mark.parametrize(("language", "text"), LANGUAGES[:2])
def test_joins_are_silent_and_short(language: str, text: str, say: Callable[..., Any]) -> None:
    recording = say(text, language=language)
    silent = np.abs(recording.samples) < 0.001
    longest = max(len(run) for run in "".join("s" if s else "x" for s in silent).split("x"))
    assert 0.2 < longest / recording.sample_rate < 0.6


def test_every_espeak_voice_speaks() -> None:
    engine = speaker().engine_of(espeak_voices()[0])
    silent = [v.name for v in espeak_voices() if len(engine.synthesize("a b 1", v, 1.0)) < 1000]
    assert silent == []
