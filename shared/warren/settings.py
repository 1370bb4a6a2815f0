"""Settings that every process shares; each service adds its own in its config.py."""

from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, ValidationError, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from warren.errors import ConfigurationError


class EnvironmentSettings(BaseSettings):
    """Read from the environment, where an empty variable counts as absent.

    Raises ConfigurationError that names each wrong variable, but not its value: it may be secret.
    """

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True)

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            prefix = self.model_config.get("env_prefix", "")
            raise ConfigurationError(
                "; ".join(_explained(prefix, item) for item in error.errors())
            ) from None
        except SettingsError as error:
            raise ConfigurationError(f"the environment cannot be read: {error}") from None


def checked_url(url: str, *schemes: str) -> str:
    """`url` if it has one of these schemes and a possible port; raises ValueError."""
    wanted = f"must begin with {' or '.join(f'{scheme}://' for scheme in schemes)}"
    if "://" not in url or urlsplit(url).scheme not in schemes:
        raise ValueError(wanted)
    try:
        _ = urlsplit(url).port
    except ValueError:
        raise ValueError("must have a port between 0 and 65535, if any") from None
    return url


def _upper(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


LogLevel = Annotated[
    Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], BeforeValidator(_upper)
]


class Settings(EnvironmentSettings):
    """Read from `WARREN_…` variables; durations in seconds."""

    model_config = SettingsConfigDict(env_prefix="WARREN_")

    amqp_url: str = "amqp://guest:guest@127.0.0.1:5672/%2F"
    #: A folder, or the URL of an S3-compatible bucket (s3://bucket/prefix).
    artifacts_url: str = ".warren/artifacts"
    log_format: Literal["pretty", "json", "auto"] = "auto"
    log_level: LogLevel = "INFO"
    #: How long a message may wait for the broker's confirm before the publisher gives it up.
    publish_timeout: float = Field(default=30.0, gt=0)

    @field_validator("amqp_url")
    @classmethod
    def _is_broker(cls, url: str) -> str:
        return checked_url(url, "amqp", "amqps")


def _explained(prefix: str, item: ErrorDetails) -> str:
    message = item["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
    if not item["loc"]:
        # Of several variables together: it names them itself.
        return message
    name, *inner = (str(step) for step in item["loc"])
    place = f" ({'.'.join(inner)})" if inner else ""
    return f"{prefix}{name}".upper() + f"{place}: {message}"
