"""Speech: text goes in, an audio file comes out."""

from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import BaseModel, Field

from warren.contracts.artifact import ArtifactRef, Sha256
from warren.contracts.events import Event
from warren.contracts.text_source import TextSource


class AudioFormat(StrEnum):
    """What every engine can deliver; the value is also how the names of such files end.

    `opus` lies in Ogg, `aac` in ADTS. `pcm` is nothing but samples: 24 kHz, mono, signed 16 bits,
    little-endian.
    """

    WAV = "wav"
    MP3 = "mp3"
    OPUS = "opus"
    FLAC = "flac"
    PCM = "pcm"
    AAC = "aac"

    @property
    def media_type(self) -> str:
        """Of a file in this format."""
        return _MEDIA_TYPES[self]


_MEDIA_TYPES = {
    AudioFormat.WAV: "audio/wav",
    AudioFormat.MP3: "audio/mpeg",
    AudioFormat.OPUS: "audio/ogg",
    AudioFormat.FLAC: "audio/flac",
    AudioFormat.PCM: "audio/pcm",
    AudioFormat.AAC: "audio/aac",
}


LanguageTag = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[a-zA-Z0-9]{2,8})*$")]
Speed = Annotated[float, Field(ge=0.25, le=4.0)]


class SynthesizeSpeech(TextSource):
    """Speak a text, given inline or as an uploaded UTF-8 text file.

    Without `voice_name` and `language` the text is taken to be English. With `stream` each sentence
    becomes a part of the result as soon as it is spoken: joined in their order, parts are a stream
    that can be played from its first byte on.
    """

    kind: ClassVar[str] = "tts.synthesize"

    voice_name: str | None = None
    language: LanguageTag | None = None
    output_format: AudioFormat = AudioFormat.WAV
    speed: Speed = 1.0
    stream: bool = False


class Speech(BaseModel):
    """The spoken text: `artifact_id` is the audio file; durations in seconds, rate in hertz.

    `parts` says how many were announced.
    """

    artifact_id: UUID
    media_type: str
    sha256: Sha256
    size_bytes: int
    duration_seconds: float
    sample_rate: int
    voice: str
    provider: str
    processing_seconds: float
    parts: int = 0


class SpeechSynthesized(Event):
    """A text has been spoken."""

    type: ClassVar[str] = "speech.synthesized.v1"

    task_id: UUID
    customer_id: UUID
    artifact: ArtifactRef
