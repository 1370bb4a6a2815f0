"""Audio files, encoded as the samples come, by the libraries of FFmpeg."""

import contextlib
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from typing import IO, Protocol

import av
import numpy as np
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import OutputContainer

from tts_worker.adapters.audio_codings import CODINGS, Coding
from tts_worker.errors import ScratchSpaceFailed
from tts_worker.ports import Samples
from warren.contracts.speech import AudioFormat

_CHUNK = 256 * 1024
#: Without it names of versions and random serial numbers make two files of the same samples differ.
_SAME_BYTES = "+bitexact"


class AudioFile:
    """Implements `AudioSink` on a temporary file without a name, which dies with the process."""

    def __init__(self, file: IO[bytes], container: OutputContainer, coding: Coding, rate: int):
        self._file = file
        self._container = container
        self._rate = rate
        self._stream = _stream(container, coding, rate)
        codec = self._stream.codec_context
        self._resampler = AudioResampler(
            codec.format, "mono", codec.rate, frame_size=codec.frame_size or None
        )
        #: Of the file, in hertz.
        self.sample_rate = codec.rate
        self._samples = self._taken = 0
        self._complete = False

    def write(self, samples: Samples) -> None:
        if not len(samples):
            return
        whole = np.rint(np.clip(samples, -1, 1) * 32767).astype("<i2")
        frame = av.AudioFrame.from_ndarray(whole.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.time_base = self._rate, Fraction(1, self._rate)
        frame.pts, self._samples = self._samples, self._samples + len(samples)
        with _scratch_space():
            self._encode(frame)
            self._file.flush()

    def take(self) -> bytes:
        with _scratch_space():
            self._file.seek(self._taken)
            data = self._file.read()
        self._taken += len(data)
        return data

    def complete(self) -> None:
        if self._complete:
            return
        with _scratch_space():
            self._encode(None)
            self._container.mux(self._stream.encode(None))
            self._container.close()
            self._file.flush()
        self._complete = True

    def finish(self) -> Iterator[bytes]:
        self.complete()
        self._file.seek(0)
        while chunk := self._file.read(_CHUNK):
            yield chunk

    def _encode(self, frame: av.AudioFrame | None) -> None:
        for resampled in self._resampler.resample(frame):
            self._container.mux(self._stream.encode(resampled))


@contextlib.contextmanager
def audio_file(
    output_format: AudioFormat, sample_rate: int, *, stream: bool = False
) -> Iterator[AudioFile]:
    """An empty mono file for samples of this rate; it is gone when the block ends.

    What is taken of a `stream` piece by piece says nowhere how long the whole is. Raises
    ScratchSpaceFailed.
    """
    coding = CODINGS[output_format]
    options = {"fflags": _SAME_BYTES, "flush_packets": "1", **coding.container_options}
    if stream:
        options |= coding.stream_options
    with contextlib.ExitStack() as stack:
        with _scratch_space():
            file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by the stack
            stack.callback(_let_go, file)
            container = av.open(file, "w", format=coding.container, options=options)
            stack.callback(_let_go, container)
            audio = AudioFile(file, container, coding, sample_rate)
        yield audio


def _stream(container: OutputContainer, coding: Coding, rate: int) -> AudioStream:
    stream = container.add_stream(coding.codec, rate=coding.rate_of(rate), layout="mono")
    codec = stream.codec_context
    codec.options = {"flags": _SAME_BYTES, **coding.codec_options}
    # One core a job: others work on the others.
    codec.thread_count = 1
    codec.open()
    return stream


class _Closable(Protocol):
    def close(self) -> None: ...


def _let_go(of: _Closable) -> None:
    # Whoever wanted the content has read it; without the room for it closing fails once more.
    with contextlib.suppress(OSError, av.FFmpegError):
        of.close()


@contextlib.contextmanager
def _scratch_space() -> Iterator[None]:
    try:
        yield
    except (OSError, av.FFmpegError) as error:
        raise ScratchSpaceFailed(
            f"cannot write audio to {tempfile.gettempdir()}: {error or 'no space left'}. "
            "Free space there, or set TMPDIR"
        ) from error
