"""Settings of indexer."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from warren.settings import EnvironmentSettings


class ReadingSettings(EnvironmentSettings):
    """Read from `INDEXER_…` variables."""

    model_config = SettingsConfigDict(env_prefix="INDEXER_")

    #: How fast people read.
    words_per_minute: float = Field(200.0, gt=0)
