"""All other languages by eSpeak NG, which runs as a program of its own."""

from collections.abc import Sequence

import numpy as np

from tts_worker.adapters.espeak_process import EspeakProcess
from tts_worker.adapters.espeak_voices import PROVIDER, data_folder, espeak_voices
from tts_worker.joining import trimmed
from tts_worker.ports import Samples, Voice
from tts_worker.tempo import change_tempo

SAMPLE_RATE = 22_050
_USUAL_WORDS_PER_MINUTE = 175
#: eSpeak goes no slower; the rest is done to the finished speech.
_SLOWEST = 80 / _USUAL_WORDS_PER_MINUTE


class EspeakEngine:
    """Implements `SpeechEngine`; starts the program at the first use. `close` when done."""

    provider = PROVIDER
    sample_rate = SAMPLE_RATE

    def __init__(self, *, timeout: float) -> None:
        data = data_folder()
        self.process = EspeakProcess(data.parent / "libespeak-ng.so", data, timeout=timeout)

    def voices(self) -> Sequence[Voice]:
        return espeak_voices()

    def warm_up(self) -> None:
        self.process.start()

    def synthesize(self, text: str, voice: Voice, speed: float) -> Samples:
        own_speed = max(speed, _SLOWEST)
        spoken = self.process.speak(text, voice.key, round(_USUAL_WORDS_PER_MINUTE * own_speed))
        samples = np.frombuffer(spoken, "<i2").astype(np.float32) / np.float32(32768)
        return change_tempo(trimmed(samples, SAMPLE_RATE), speed / own_speed, SAMPLE_RATE)

    def close(self) -> None:
        self.process.close()
