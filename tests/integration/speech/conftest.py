"""Real engines, and a recogniser that hears what they say."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.audio_decoding import decoded
from tests.listening import Hear, words_of
from tts_worker.actors import SynthesizeSpeechWorker
from tts_worker.loudness import Loudness
from warren.contracts.speech import AudioFormat, Speech, SynthesizeSpeech
from warren.testing.worker import FakeContext


class Recording:
    """A finished job: its result, its file, and what the context was told."""

    def __init__(self, result: Speech, context: FakeContext, output_format: AudioFormat) -> None:
        self.result = result
        self.context = context
        self.content = context.store.read(result.sha256)
        samples, rate = decoded(output_format, self.content)
        self.samples: NDArray[np.float32] = samples
        self.sample_rate = rate

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.sample_rate

    @property
    def peak(self) -> float:
        return float(np.abs(self.samples).max())

    @property
    def loudness(self) -> float:
        meter = Loudness(self.sample_rate)
        meter.hear(self.samples)
        return meter.integrated()


def record(job: SynthesizeSpeech, context: FakeContext | None = None) -> Recording:
    context = context or FakeContext()
    result = SynthesizeSpeechWorker().perform(job, context)
    return Recording(result, context, job.output_format)


@pytest.fixture
def say() -> Callable[..., Recording]:
    """`say(text, **fields of the job)` speaks by the real engines."""

    def speak(text: str, **fields: object) -> Recording:
        return record(SynthesizeSpeech.model_validate({"text": text, **fields}))

    return speak


@pytest.fixture
def hear(hear_samples: Hear) -> Callable[[Recording], list[str]]:
    """The words that a recogniser hears in a recording."""
    return lambda recording: hear_samples(recording.samples, recording.sample_rate)


@pytest.fixture(scope="session")
def word_error_rate() -> Callable[[str, list[str]], float]:
    """Edits from the text's words to those heard, per word of the text."""

    def rate(text: str, heard: list[str]) -> float:
        expected = words_of(text)
        row = list(range(len(heard) + 1))
        for i, word in enumerate(expected, start=1):
            diagonal, row[0] = row[0], i
            for j, other in enumerate(heard, start=1):
                substituted = diagonal + (word != other)
                diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, substituted)
        return row[-1] / len(expected)

    return rate
