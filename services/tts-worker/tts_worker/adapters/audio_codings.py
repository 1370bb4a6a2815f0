"""How each audio format is made of samples, in the words of FFmpeg's libraries."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from warren.contracts.speech import AudioFormat

#: OpenAI's raw samples have this rate, and nothing in them says so; Opus knows few others (hertz).
_PRESCRIBED_RATE = 24_000

CodecName = Literal["pcm_s16le", "flac", "libmp3lame", "aac", "libopus"]


@dataclass(frozen=True, slots=True)
class Coding:
    """A container and what is in it; `rate` where the format prescribes one (hertz)."""

    container: str
    codec: CodecName
    rate: int | None = None
    codec_options: Mapping[str, str] = field(default_factory=dict)
    container_options: Mapping[str, str] = field(default_factory=dict)
    #: Of a container whose beginning is read before its end is known.
    stream_options: Mapping[str, str] = field(default_factory=dict)

    def rate_of(self, engine_rate: int) -> int:
        """What an engine's samples are resampled to."""
        return self.rate or engine_rate


CODINGS = {
    AudioFormat.WAV: Coding("wav", "pcm_s16le"),
    AudioFormat.FLAC: Coding("flac", "flac"),
    AudioFormat.PCM: Coding("s16le", "pcm_s16le", _PRESCRIBED_RATE),
    AudioFormat.MP3: Coding(
        "mp3",
        "libmp3lame",
        codec_options={"b": "64000"},
        container_options={"id3v2_version": "0"},
        stream_options={"write_xing": "0"},
    ),
    AudioFormat.AAC: Coding("adts", "aac", codec_options={"b": "64000"}),
    AudioFormat.OPUS: Coding(
        "ogg",
        "libopus",
        _PRESCRIBED_RATE,
        # The highest level takes three times as long as this one and is not heard in speech.
        codec_options={"b": "32000", "compression_level": "5"},
        # Microseconds: what was spoken does not wait for the rest of a page.
        container_options={"page_duration": "100000"},
    ),
}
