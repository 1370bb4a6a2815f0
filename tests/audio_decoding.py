"""Audio files heard by others than those who made them."""

import io

import av
import numpy as np
import soundfile
from av.audio.resampler import AudioResampler
from av.container import InputContainer
from numpy.typing import NDArray

from warren.contracts.speech import AudioFormat

PCM_RATE = 24_000
#: What libsndfile takes for the length of a FLAC stream that does not say its own.
_UNKNOWN = 2**63 - 1


def decoded(output_format: AudioFormat, data: bytes) -> tuple[NDArray[np.float32], int]:
    """Samples and rate (hertz).

    By libsndfile and its decoders, which have nothing of FFmpeg, but for what they cannot read: AAC
    and FLAC that begins without knowing its end.
    """
    if output_format is AudioFormat.PCM:
        return np.frombuffer(data, "<i2").astype(np.float32) / np.float32(32768), PCM_RATE
    if output_format is AudioFormat.AAC:
        return played(data)
    if output_format is AudioFormat.FLAC and soundfile.info(io.BytesIO(data)).frames == _UNKNOWN:
        return played(data)
    samples, rate = soundfile.read(io.BytesIO(data), dtype="float32")
    return np.asarray(samples, np.float32), int(rate)


def played(data: bytes) -> tuple[NDArray[np.float32], int]:
    """By FFmpeg, which finds out the format and reads on as bytes come: samples and rate."""
    to_floats = AudioResampler(format="flt", layout="mono")
    with av.open(io.BytesIO(data)) as container:
        assert isinstance(container, InputContainer)
        frames = [f for frame in container.decode(audio=0) for f in to_floats.resample(frame)]
    pieces = [np.asarray(frame.to_ndarray(), np.float32).ravel() for frame in frames]
    return np.concatenate(pieces), frames[0].sample_rate
