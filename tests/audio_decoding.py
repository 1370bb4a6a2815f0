"""Audio files heard by others than those who made them."""

import io

import av
import numpy as np
import soundfile
from av.container import InputContainer
from numpy.typing import NDArray

from warren.contracts.speech import AudioFormat

PCM_RATE = 24_000


def decoded(output_format: AudioFormat, data: bytes) -> tuple[NDArray[np.float32], int]:
    """Samples and rate (hertz).

    By libsndfile and its decoders, which have nothing of FFmpeg; but for AAC, which they lack.
    """
    if output_format is AudioFormat.PCM:
        return np.frombuffer(data, "<i2").astype(np.float32) / np.float32(32768), PCM_RATE
    if output_format is AudioFormat.AAC:
        return _by_ffmpeg(data, "aac")
    samples, rate = soundfile.read(io.BytesIO(data), dtype="float32")
    return np.asarray(samples, np.float32), int(rate)


def _by_ffmpeg(data: bytes, container_format: str) -> tuple[NDArray[np.float32], int]:
    with av.open(io.BytesIO(data), format=container_format) as container:
        assert isinstance(container, InputContainer)
        frames = list(container.decode(audio=0))
    pieces = [np.asarray(frame.to_ndarray()[0], np.float32) for frame in frames]
    return np.concatenate(pieces), frames[0].sample_rate
