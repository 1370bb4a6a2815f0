"""Where tasks are asked for when nobody runs a job."""

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from warren.credentials import Credential
from warren.errors import ConfigurationError
from warren.settings import EnvironmentSettings, checked_url


class ClientSettings(EnvironmentSettings):
    """Read from `WARREN_…` variables; durations in seconds."""

    model_config = SettingsConfigDict(env_prefix="WARREN_")

    #: The gateway's address, such as http://127.0.0.1:8000.
    url: str | None = None
    api_key: Credential | None = None
    #: How long a call to the gateway may take, all further tries included.
    client_timeout: float = Field(default=30.0, gt=0)

    @field_validator("url")
    @classmethod
    def _is_http(cls, url: str | None) -> str | None:
        return None if url is None else checked_url(url, "http", "https")

    def address(self) -> tuple[str, str]:
        """URL and key; raises ConfigurationError if one is missing."""
        if self.url is None or self.api_key is None:
            raise ConfigurationError(
                "no gateway is named: set WARREN_URL and WARREN_API_KEY "
                "(of a stack that `warren up` runs, both stand in .warren/stack.json)"
            )
        return self.url, self.api_key.get_secret_value()


def address_of(url: str | None, api_key: str | None) -> tuple[str, str]:
    """These, or what the environment has in place of None; raises ConfigurationError."""
    if url is not None and api_key is not None:
        return url, api_key
    settings = ClientSettings()
    given = settings.model_copy(
        update={
            "url": url or settings.url,
            "api_key": settings.api_key if api_key is None else SecretStr(api_key),
        }
    )
    return given.address()
