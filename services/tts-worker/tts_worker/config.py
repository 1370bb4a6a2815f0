"""Settings of the tts-worker."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from warren.settings import EnvironmentSettings


class SpeechSettings(EnvironmentSettings):
    """Read from `TTS_…` variables; durations in seconds."""

    model_config = SettingsConfigDict(env_prefix="TTS_")

    #: Longest text of an uploaded file. 500,000 characters are about nine hours of speech and, by
    #: the neural voice on one core, about half the time that a job has.
    max_characters: int = Field(500_000, gt=0)
    #: How long eSpeak may take for one passage (it needs milliseconds).
    espeak_timeout: float = Field(20.0, gt=0)
