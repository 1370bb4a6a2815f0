"""WAV and MP3 files, encoded as the samples come, by libsndfile."""

import contextlib
import tempfile
from collections.abc import Iterator
from typing import IO

import soundfile

from tts_worker.errors import ScratchSpaceFailed
from tts_worker.ports import Samples
from warren.contracts.speech import AudioFormat

MEDIA_TYPES = {AudioFormat.WAV: "audio/wav", AudioFormat.MP3: "audio/mpeg"}
_SUBTYPES = {AudioFormat.WAV: "PCM_16", AudioFormat.MP3: "MPEG_LAYER_III"}
_CHUNK = 256 * 1024


class AudioFile:
    """Implements `AudioSink` on a temporary file without a name, which dies with the process."""

    def __init__(self, file: IO[bytes], audio: soundfile.SoundFile) -> None:
        self._file = file
        self._audio = audio

    def write(self, samples: Samples) -> None:
        with _scratch_space():
            self._audio.write(samples)

    def finish(self) -> Iterator[bytes]:
        with _scratch_space():
            self._audio.close()
            self._file.seek(0)
        while chunk := self._file.read(_CHUNK):
            yield chunk


@contextlib.contextmanager
def audio_file(output_format: AudioFormat, sample_rate: int) -> Iterator[AudioFile]:
    """An empty mono file; it is gone when the block ends. Raises ScratchSpaceFailed."""
    with contextlib.ExitStack() as stack:
        with _scratch_space():
            file = stack.enter_context(tempfile.TemporaryFile())
            audio = soundfile.SoundFile(
                file.fileno(),
                "w",
                samplerate=sample_rate,
                channels=1,
                format=output_format.value.upper(),
                subtype=_SUBTYPES[output_format],
                closefd=False,
            )
        stack.callback(audio.close)
        yield AudioFile(file, audio)


@contextlib.contextmanager
def _scratch_space() -> Iterator[None]:
    try:
        yield
    except (OSError, soundfile.SoundFileError, AssertionError) as error:
        # soundfile asserts that all samples were written.
        raise ScratchSpaceFailed(
            f"cannot write audio to {tempfile.gettempdir()}: {error or 'no space left'}. "
            "Free space there, or set TMPDIR"
        ) from error
