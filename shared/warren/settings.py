"""Settings that every process shares; each service adds its own in its config.py."""

from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Read from `WARREN_…` variables; durations in seconds."""

    model_config = SettingsConfigDict(env_prefix="WARREN_", extra="ignore")

    amqp_url: str = "amqp://guest:guest@127.0.0.1:5672/%2F"
    #: A folder, or the URL of an S3-compatible bucket (s3://bucket/prefix).
    artifacts_url: str = ".warren/artifacts"
    log_format: Literal["pretty", "json", "auto"] = "auto"
    log_level: str = "INFO"
    #: How long a message may wait for the broker's confirm before the publisher gives it up.
    publish_timeout: float = Field(default=30.0, gt=0)
