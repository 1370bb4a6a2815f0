"""Each sentence is there as soon as it is spoken, and all of them joined are one stream."""

import time
from typing import Any

import numpy as np
import pytest

from tests.audio_decoding import decoded, played
from tts_worker.actors import SynthesizeSpeechWorker
from tts_worker.workers.speaker import speaker
from warren.contracts.artifact import ArtifactRef
from warren.contracts.speech import AudioFormat, Speech, SynthesizeSpeech
from warren.testing.worker import FakeContext

TEXTS = {
    "en": "Good morning. The harbour is quiet today! Shall we go for a walk?",
    "ru": "Доброе утро. Сегодня в гавани тихо! Пойдём гулять?",
}
JOINABLE = ["opus", "flac", "wav", "mp3", "aac"]


def streamed(context: FakeContext, **fields: Any) -> Speech:
    job = SynthesizeSpeech.model_validate({"stream": True, **fields})
    return SynthesizeSpeechWorker().perform(job, context)


def joined(context: FakeContext) -> bytes:
    return b"".join(context.store.read(part.artifact.sha256) for part in context.parts)


@pytest.mark.parametrize("language", TEXTS)
@pytest.mark.parametrize("output_format", list(AudioFormat))
def test_the_parts_joined_are_the_recording(output_format: AudioFormat, language: str) -> None:
    context = FakeContext()
    text = TEXTS[language]
    result = streamed(context, text=text, language=language, output_format=output_format)

    assert [part.seq for part in context.parts] == [1, 2, 3]
    assert result.parts == 3
    whole, _ = decoded(output_format, context.store.read(result.sha256))
    stream, rate = decoded(output_format, joined(context))
    np.testing.assert_array_equal(stream, whole)
    assert len(stream) / rate == pytest.approx(result.duration_seconds, abs=0.2)


@pytest.mark.parametrize("output_format", JOINABLE)
def test_a_player_that_reads_on_needs_nothing_but_the_bytes(output_format: str) -> None:
    context = FakeContext()
    streamed(context, text=TEXTS["en"], output_format=output_format)

    whole, _ = played(joined(context))
    first_alone, _ = played(context.store.read(context.parts[0].artifact.sha256))

    assert len(first_alone) / len(whole) == pytest.approx(1 / 4, abs=0.15)
    assert float(np.abs(first_alone).max()) > 0


def test_a_stream_sounds_as_the_file_does() -> None:
    context, other = FakeContext(), FakeContext()
    stream = streamed(context, text=TEXTS["en"], output_format="opus")
    file = streamed(other, text=TEXTS["en"], output_format="opus", stream=False)
    assert stream.sha256 == file.sha256
    assert file.parts == 0
    assert other.parts == []


@pytest.mark.parametrize("output_format", list(AudioFormat))
def test_a_run_that_begins_again_announces_the_same_bytes(output_format: AudioFormat) -> None:
    first = FakeContext()
    fields = {"text": TEXTS["en"], "output_format": output_format}
    streamed(first, **fields)
    streamed(FakeContext(), text="Something else in between.", stream=False)

    again = FakeContext(attempt=2, task_id=first.task_id, store=first.store)
    streamed(again, **fields)

    assert again.parts == first.parts


def test_the_first_sentence_is_there_before_the_second_is_spoken() -> None:
    class Listener(FakeContext):
        first_after = 0.0

        def part(self, artifact: ArtifactRef) -> int:
            self.first_after = self.first_after or time.perf_counter() - started
            return super().part(artifact)

    speaker().warm_up()
    context = Listener()
    started = time.perf_counter()
    streamed(context, text="Hello. " + "The ships lay in the rain, and nobody missed them. " * 20)
    took = time.perf_counter() - started

    assert context.first_after < 1.5
    assert context.first_after < took / 4
