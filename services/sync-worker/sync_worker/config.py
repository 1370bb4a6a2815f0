"""Settings of sync-worker."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from warren.settings import EnvironmentSettings


class ReadingSettings(EnvironmentSettings):
    """Read from `SYNC_…` variables."""

    model_config = SettingsConfigDict(env_prefix="SYNC_")

    #: How fast people read.
    words_per_minute: float = Field(200.0, gt=0)
