"""Settings of nlp-worker."""

from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_settings import NoDecode, SettingsConfigDict

from warren.settings import EnvironmentSettings


def _words(value: object) -> object:
    return value.replace(",", " ").split() if isinstance(value, str) else value


class NlpSettings(EnvironmentSettings):
    """Read from `NLP_…` variables."""

    model_config = SettingsConfigDict(env_prefix="NLP_")

    #: Analysers that are not used although they are installed.
    left_out: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)] = ()
    #: The longest text of one job. A chapter of a million characters takes about a minute.
    max_characters: int = Field(2_000_000, ge=1)
    #: The longest book. "War and Peace" has three million.
    max_book_characters: int = Field(20_000_000, ge=1)
    #: A folder with Stanza's models, laid out as Stanza does: where it is installed, it votes in
    #: the place of its stand-in (service/vote.py).
    stanza_models: Path | None = None
    #: MiB of private memory that its process may take.
    stanza_memory: int = Field(6_144, ge=1_024)
    #: MiB that reading one book may take on top of what the process has.
    reading_memory: int = Field(768, ge=128)
