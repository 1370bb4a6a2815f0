from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from tts_worker.errors import NothingToSpeak, TextNotReadable, TextTooLong
from tts_worker.ports import Samples, Voice
from tts_worker.service import Script, decoded, script, speak
from warren.errors import RejectedInput

RATE = 1000
VOICE = Voice("tester", ("en",), "fake", rank=0, key="tester")


class OneSecondEngine:
    """Says everything in a second, divided by the speed; nothing if asked to whisper."""

    provider = "fake"
    sample_rate = RATE

    def voices(self) -> Sequence[Voice]:
        return (VOICE,)

    def warm_up(self) -> None:
        return

    def synthesize(self, text: str, voice: Voice, speed: float) -> Samples:
        if "whisper" in text:
            return np.zeros(0, np.float32)
        return np.full(round(RATE / speed), 0.1, np.float32)


class MemorySink:
    def __init__(self) -> None:
        self.seconds: list[float] = []

    def write(self, samples: Samples) -> None:
        self.seconds.append(len(samples) / RATE)

    def take(self) -> bytes:
        raise NotImplementedError

    def complete(self) -> None:
        return

    def finish(self) -> Iterator[bytes]:
        return iter(())


def spoken(text: Script, speed: float = 1.0) -> tuple[float, list[float], list[float]]:
    sink = MemorySink()
    percents: list[float] = []
    duration = speak(
        text, VOICE, speed, OneSecondEngine(), sink, lambda percent, _: percents.append(percent)
    )
    return duration, [second for second in sink.seconds if second], percents


def test_sentences_are_laid_end_to_end_with_pauses() -> None:
    duration, pieces, percents = spoken(script("One. Two.\n\nThree.", field="text"))
    assert pieces == [1.0, 0.3, 1.0, 0.55, 1.0]
    assert duration == pytest.approx(sum(pieces))
    assert percents == sorted(percents)
    assert percents[-1] == 99


def test_each_passage_is_told_of_with_the_silence_that_follows_it() -> None:
    sink = MemorySink()
    heard: list[tuple[int, float]] = []
    speak(
        script("One. Two. A whisper.", field="text"),
        *(VOICE, 1.0, OneSecondEngine(), sink, lambda *_: None),
        lambda number: heard.append((number, round(sum(sink.seconds), 2))),
    )
    assert heard == [(1, 1.3), (2, 2.6), (3, 2.6)]


def test_pauses_keep_pace_with_the_speech() -> None:
    _, pieces, _ = spoken(script("One. Two.", field="text"), speed=2.0)
    assert pieces == [0.5, 0.15, 0.5]


def test_a_passage_without_sound_leaves_no_pause() -> None:
    _, pieces, _ = spoken(script("One. A whisper. Two.", field="text"))
    assert pieces == [1.0, 0.3, 1.0]


@pytest.mark.parametrize("field", ["text", "artifact_id"])
def test_a_text_that_cannot_be_spoken_is_refused_where_it_came_from(field: str) -> None:
    with pytest.raises(NothingToSpeak) as refusal:
        script("😀", field=field)
    assert refusal.value.field == field
    with pytest.raises(NothingToSpeak, match="'tester' can say nothing") as refusal:
        spoken(script("a whisper", field=field))
    assert refusal.value.field == field


def test_files_are_utf_8_with_or_without_a_mark() -> None:
    pieces = ["\ufeffПри".encode()[:5], "\ufeffПри".encode()[5:], "вет".encode()]
    assert decoded(pieces, max_characters=100, field="artifact_id") == "Привет"
    assert decoded([], max_characters=100, field="artifact_id") == ""


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        ("Привет".encode("cp1251"), TextNotReadable, "byte 0 is 0xcf"),
        (b"ok so far \xff", TextNotReadable, "byte 10 is 0xff"),
        (b"a" * 101, TextTooLong, "more than 100 characters"),
        (b"a" * 10_000, TextTooLong, "more than 100 characters"),
    ],
)
def test_other_files_are_refused(content: bytes, error: type[RejectedInput], message: str) -> None:
    with pytest.raises(error, match=message) as refusal:
        decoded([content], max_characters=100, field="artifact_id")
    assert refusal.value.field == "artifact_id"
