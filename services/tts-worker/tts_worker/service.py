"""The business of the tts-worker: a text becomes an audio file."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from tts_worker.errors import NothingToSpeak, TextNotReadable, TextTooLong
from tts_worker.joining import silence
from tts_worker.loudness import Leveller
from tts_worker.ports import AudioSink, SpeechEngine, Voice
from tts_worker.sentences import Passage, passages
from tts_worker.voices import choose_voice

#: Called with percent done and a message.
Progress = Callable[[float, str], None]

_MOST_BYTES_OF_A_CHARACTER = 4


@dataclass(frozen=True, slots=True)
class Speaker:
    """Engines in order of preference."""

    engines: Sequence[SpeechEngine]

    def voices(self) -> list[Voice]:
        return [voice for engine in self.engines for voice in engine.voices()]

    def choose(self, voice_name: str | None, language: str | None) -> Voice:
        """Raises VoiceNotFound, LanguageNotSupported or VoiceDoesNotFitLanguage."""
        return choose_voice(self.voices(), voice_name, language)

    def engine_of(self, voice: Voice) -> SpeechEngine:
        return next(engine for engine in self.engines if engine.provider == voice.provider)

    def warm_up(self) -> None:
        for engine in self.engines:
            engine.warm_up()


@dataclass(frozen=True, slots=True)
class Script:
    """What is to be spoken; `field` is the part of the job that it came in."""

    passages: Sequence[Passage]
    field: str


def script(text: str, *, field: str) -> Script:
    """Raises NothingToSpeak when the text has no speakable passage."""
    found = passages(text)
    if not found:
        raise NothingToSpeak("the text has no letter or digit that could be spoken", field=field)
    return Script(found, field)


def decoded(chunks: Iterable[bytes], *, max_characters: int, field: str) -> str:
    """The text of an uploaded file; raises TextNotReadable and TextTooLong for `field`."""
    data = bytearray()
    for chunk in chunks:
        data += chunk
        if len(data) > max_characters * _MOST_BYTES_OF_A_CHARACTER:
            break
    else:
        return _decoded(data, max_characters, field)
    raise _too_long(max_characters, field)


def _decoded(data: bytearray, max_characters: int, field: str) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TextNotReadable(
            f"the file is not UTF-8 text: byte {error.start} is {data[error.start]:#04x}",
            field=field,
        ) from error
    if len(text) > max_characters:
        raise _too_long(max_characters, field)
    return text


def _too_long(max_characters: int, field: str) -> TextTooLong:
    return TextTooLong(f"the text has more than {max_characters:,} characters", field=field)


def speak(
    text: Script,
    voice: Voice,
    speed: float,
    engine: SpeechEngine,
    sink: AudioSink,
    progress: Progress,
    spoken_up_to: Callable[[int], None] = lambda number: None,
) -> float:
    """Speak the script into the file; returns the audio's duration in seconds.

    Holds one passage at a time in memory. `spoken_up_to` is called after each passage and the
    silence that follows it, with the passage's number, from 1. Raises NothingToSpeak when the voice
    can say none of them, for example Chinese with an English voice, and what the engine and the
    file raise.
    """
    rate = engine.sample_rate
    leveller = Leveller(rate)
    characters = sum(len(passage.text) for passage in text.passages)
    spoken = written = 0
    for number, passage in enumerate(text.passages, start=1):
        samples = engine.synthesize(passage.text, voice, speed)
        if len(samples):
            pause = passage.pause / speed if number < len(text.passages) else 0
            for piece in (leveller.level(samples), silence(pause, rate)):
                sink.write(piece)
                written += len(piece)
        spoken += len(passage.text)
        spoken_up_to(number)
        progress(99 * spoken / characters, f"passage {number} of {len(text.passages)}")
    if not written:
        raise NothingToSpeak(
            f"the voice {voice.name!r} can say nothing of this text", field=text.field
        )
    return written / rate
