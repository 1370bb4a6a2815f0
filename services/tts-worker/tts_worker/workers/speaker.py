"""The engines of this process, and what schemas say of their voices."""

import atexit
import functools
from typing import Any

from tts_worker.adapters.espeak import EspeakEngine
from tts_worker.adapters.hibari import HibariEngine
from tts_worker.config import SpeechSettings
from tts_worker.service import Speaker
from tts_worker.voices import language_pattern


@functools.cache
def speaker() -> Speaker:
    """Made once, and their models loaded at the first use."""
    espeak = EspeakEngine(timeout=SpeechSettings().espeak_timeout)
    atexit.register(espeak.close)
    return Speaker((HibariEngine(), espeak))


def name_voices(properties: dict[str, Any]) -> None:
    """Restrict `voice_name` and `language` to what is installed here."""
    voices = speaker().voices()
    properties["voice_name"]["enum"] = [voice.name for voice in voices]
    properties["language"]["pattern"] = language_pattern(voices)
