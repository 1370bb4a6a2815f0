"""The same speech by the engines alone: what somebody would write in an afternoon."""

import io
from functools import cache
from typing import Any

import av
import numpy as np

from tts_worker.adapters.audio_codings import CODINGS
from tts_worker.adapters.espeak_voices import data_folder, espeak_voices
from tts_worker.adapters.hibari import HEART, SAMPLE_RATE
from tts_worker.espeak_program import Espeak
from tts_worker.ports import Samples
from warren.contracts.speech import AudioFormat

_USUAL_WORDS_PER_MINUTE = 175
_LENGTH = 4


def hibari(sentences: list[str], output_format: AudioFormat) -> bytes:
    """A file of the neural voice, sentence by sentence."""
    spoken = [np.asarray(_model()(sentence, seed=0), np.float32) for sentence in sentences]
    return _file(np.concatenate(spoken), SAMPLE_RATE, output_format)


def espeak(sentences: list[str], output_format: AudioFormat, voice_name: str) -> bytes:
    """A file of eSpeak NG's library, in this process, all sentences as one text."""
    library, frames = _library()
    key = next(voice.key for voice in espeak_voices() if voice.name == voice_name)
    frames.seek(0)
    frames.truncate()
    library.speak("\n".join(sentences), key, _USUAL_WORDS_PER_MINUTE)
    whole = np.frombuffer(_without_lengths(frames.getvalue()), "<i2").astype(np.float32)
    return _file(whole / np.float32(32768), library.sample_rate, output_format)


def _file(samples: Samples, rate: int, output_format: AudioFormat) -> bytes:
    """Encoded in one piece, as a job's files are coded."""
    coding, file = CODINGS[output_format], io.BytesIO()
    whole = np.rint(np.clip(samples, -1, 1) * 32767).astype("<i2")
    frame = av.AudioFrame.from_ndarray(whole.reshape(1, -1), format="s16", layout="mono")
    frame.sample_rate = rate
    with av.open(file, "w", format=coding.container) as container:
        stream = container.add_stream(coding.codec, rate=coding.rate_of(rate), layout="mono")
        stream.codec_context.options = dict(coding.codec_options)
        stream.codec_context.thread_count = 1
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


def _without_lengths(frames: bytes) -> bytes:
    """The samples of frames that each begin with their length."""
    samples, at = bytearray(), 0
    while at < len(frames):
        end = at + _LENGTH + int.from_bytes(frames[at : at + _LENGTH], "little")
        samples += frames[at + _LENGTH : end]
        at = end
    return bytes(samples)


@cache
def _model() -> Any:
    from hibari import Hibari

    return Hibari(voice=HEART.key, threads=1)


@cache
def _library() -> tuple[Espeak, io.BytesIO]:
    frames, data = io.BytesIO(), data_folder()
    return Espeak(str(data.parent / "libespeak-ng.so"), str(data), frames), frames
