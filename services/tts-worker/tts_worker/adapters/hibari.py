"""English by hibari, a small neural voice that runs on one core."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

import numpy as np

from tts_worker.errors import EngineFailed
from tts_worker.joining import trimmed
from tts_worker.ports import Samples, Voice
from tts_worker.tempo import change_tempo

PROVIDER = "hibari"
SAMPLE_RATE = 24_000
#: The only voice inside the package; hibari would download the others.
HEART = Voice("heart", ("en-us", "en"), PROVIDER, rank=0, key="heart")
#: Beyond this the model leaves sounds out; the rest is done to the finished speech.
_SLOWEST, _FASTEST = 0.5, 2.0
#: The noise in the voice is random; with a seed the same text gives the same file.
_SEED = 0
#: hibari's number reader knows no word for larger numbers and fails.
_TOO_LONG_NUMBER = re.compile(r"\d[\d,.]{20,}")


class HibariEngine:
    """Implements `SpeechEngine`; loads the model (190 MB with its runtime) at the first use."""

    provider = PROVIDER
    sample_rate = SAMPLE_RATE

    def __init__(self) -> None:
        self._model: Any = None

    def voices(self) -> Sequence[Voice]:
        return (HEART,)

    def warm_up(self) -> None:
        self.synthesize("Ready.", HEART, 1.0)

    def synthesize(self, text: str, voice: Voice, speed: float) -> Samples:
        own_speed = min(max(speed, _SLOWEST), _FASTEST)
        try:
            spoken = self._loaded()(_readable(text), speed=own_speed, seed=_SEED)
        except (RuntimeError, ValueError, IndexError, KeyError) as error:
            raise EngineFailed(f"hibari cannot speak {text[:60]!r}: {error}") from error
        return change_tempo(
            trimmed(np.asarray(spoken, np.float32), SAMPLE_RATE), speed / own_speed, SAMPLE_RATE
        )

    def _loaded(self) -> Any:
        if self._model is None:
            from hibari import Hibari

            self._model = Hibari(voice=HEART.key, threads=1)
        return self._model


def _readable(text: str) -> str:
    """The text without what hibari's number reader stumbles over.

    Digits that are no decimals (circled, superscript) become decimals, and very long numbers are
    read digit by digit.
    """
    return _TOO_LONG_NUMBER.sub(_digit_by_digit, "".join(map(_decimal, text)))


def _digit_by_digit(number: re.Match[str]) -> str:
    """With a comma after every fourth digit, where hibari can take breath."""
    digits = re.findall(r"\d", number.group())
    groups = (" ".join(digits[start : start + 4]) for start in range(0, len(digits), 4))
    return ", ".join(groups) + " "


def _decimal(character: str) -> str:
    if character.isdigit() and not character.isdecimal():
        return f" {unicodedata.digit(character)} "
    return character
